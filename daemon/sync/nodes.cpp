#include "sync/nodes.hpp"

#include "base/digest_blob.hpp"
#include "base/openssl.hpp"
#include "base/text.hpp"

#include <array>
#include <openssl/x509.h>

namespace holdfast::sync {

namespace {

using sqlite::Blob;
using sqlite::BlobView;
using sqlite::view;
using Number = std::int64_t;

constexpr const char* migrations[] = {
    "CREATE TABLE node(origin BLOB PRIMARY KEY, id TEXT NOT NULL, chain BLOB NOT NULL, heard INTEGER NOT NULL,"
    " have BLOB NOT NULL) WITHOUT ROWID;",
    "ALTER TABLE node ADD COLUMN site TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE node ADD COLUMN came INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE node ADD COLUMN number INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE node ADD COLUMN quarantine TEXT NOT NULL DEFAULT '';"
    "UPDATE node SET site = substr(id, instr(id, '/site/') + 6, instr(id, '/box/') - instr(id, '/site/') - 6);"
    "CREATE INDEX node_by_site ON node(site);"
    "CREATE TABLE line(address TEXT PRIMARY KEY, origin BLOB NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE spent(day INTEGER PRIMARY KEY, bytes INTEGER NOT NULL);"
    "CREATE TABLE trial(address TEXT PRIMARY KEY, failures INTEGER NOT NULL, again INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE posted(address TEXT PRIMARY KEY, number INTEGER NOT NULL, sequence INTEGER NOT NULL, at INTEGER NOT "
    "NULL,"
    " reached BLOB NOT NULL) WITHOUT ROWID;",
    // Rows as large as these, with their certificates, stand in a table of their own, beside what they are found by.
    "DROP INDEX node_by_site; ALTER TABLE node RENAME TO former;"
    "CREATE TABLE node(origin BLOB NOT NULL UNIQUE, id TEXT NOT NULL, site TEXT NOT NULL, heard INTEGER NOT NULL,"
    " came INTEGER NOT NULL DEFAULT 0, number INTEGER NOT NULL DEFAULT 0, quarantine TEXT NOT NULL DEFAULT '',"
    " have BLOB NOT NULL, chain BLOB NOT NULL);"
    "INSERT INTO node(origin, id, site, heard, came, number, quarantine, have, chain)"
    " SELECT origin, id, site, heard, came, number, quarantine, have, chain FROM former;"
    "DROP TABLE former; CREATE INDEX node_by_site ON node(site);",
};

}  // namespace

Result<Nodes> Nodes::open(const std::filesystem::path& file) {
    return Nodes(TRY(sqlite::Database::open(file, migrations, {.write_ahead = true})));
}

Result<std::string> public_key_of(const Node& node) {
    const auto key = TRY(identity::key_of(node.chain.front()));
    return der_by(i2d_PUBKEY, key.get());
}

bool is_called(std::string_view id, const Digest& origin, std::string_view name) {
    constexpr std::size_t fewest = 4;
    if (id == name || (name.size() >= fewest && hex(origin).starts_with(name))) return true;
    const auto parts = identity::SpiffeId::parse(id);
    return parts && (parts->box == name || parts->site + "/" + parts->box == name);
}

Result<Node> node_of(const std::vector<std::string>& chain, const std::vector<std::string>& roots) {
    if (chain.empty()) return fail(Code::Corrupt, "a node without a certificate");
    TRY(identity::check_chain(chain.front(), {chain.begin() + 1, chain.end()}, roots, 0));
    const auto facts = TRY(identity::facts_of(chain.front()));
    TRY(identity::SpiffeId::parse(facts.uri));
    return Node{.origin = TRY(digest_of(facts.fingerprint)), .id = facts.uri, .chain = chain, .heard = 0, .have = {}};
}

Result<Nodes::Met> Nodes::meet(const std::vector<std::string>& chain, const std::vector<std::string>& roots) {
    Node node = TRY(node_of(chain, roots));
    const auto before = TRY(find(node.origin));
    if (before && before->id == node.id && before->chain == chain) return Met{*before, false};
    const auto id = TRY(identity::SpiffeId::parse(node.id));
    TRY(
        database_.run("INSERT INTO node(origin, id, chain, heard, have, site) VALUES(?, ?, ?, 0, ?, ?)"
                      " ON CONFLICT DO UPDATE SET id = excluded.id, chain = excluded.chain, site = excluded.site",
                      view(node.origin), node.id, BlobView{write_chain(chain)}, BlobView{write_vector({})}, id.site));
    const bool news = !before || before->id != node.id;
    return Met{TRY(find(node.origin)).value_or(std::move(node)), news};
}

Result<std::vector<Node>> Nodes::rows(const std::string& clause, std::span<const sqlite::Value> values) {
    std::vector<Node> all;
    const auto use = [&](const Blob& origin, std::string id, const Blob& chain, Number heard, Number came,
                         Number number, const Blob& have, std::string quarantine) -> Result<> {
        all.push_back({TRY(sqlite::digest_of_blob(origin)), std::move(id), TRY(parse_chain(chain.bytes)), heard, came,
                       static_cast<std::uint64_t>(number), TRY(parse_vector(have.bytes)), std::move(quarantine)});
        return {};
    };
    const std::string sql = "SELECT origin, id, chain, heard, came, number, have, quarantine FROM node " + clause;
    TRY((database_.query_with<Blob, std::string, Blob, Number, Number, Number, Blob, std::string>(sql, use, values)));
    return all;
}

Result<std::optional<Node>> Nodes::find(const Digest& origin) {
    auto found = TRY(rows("WHERE origin = ?", std::array{sqlite::Value(view(origin))}));
    if (found.empty()) return std::nullopt;
    return std::move(found.front());
}

Result<std::vector<Node>> Nodes::all() {
    return rows("ORDER BY id", {});
}

Result<std::vector<Node>> Nodes::of_site(const std::string& site) {
    return rows("WHERE site = ? ORDER BY id", std::array{sqlite::Value(site)});
}

Result<bool> Nodes::note(const BatchHead& head, const Vector& have, std::int64_t now) {
    const auto number = static_cast<Number>(head.number);
    const auto noted =
        TRY(database_.run("UPDATE node SET heard = ?, came = ?, number = ?, have = ? WHERE origin = ? AND number < ?",
                          head.made, now, number, BlobView{write_vector(have)}, view(head.sender), number));
    return noted > 0;
}

// By the clock, so that a node that lost its memory goes on above what others know of it.
Result<std::uint64_t> Nodes::next_number(const Digest& self, std::int64_t now, std::uint64_t least) {
    constexpr std::int64_t thousand = 1000;
    const auto next =
        TRY((database_.first<Number>("UPDATE node SET number = max(number + 1, ?, ?) WHERE origin = ? RETURNING number",
                                     now * thousand, static_cast<Number>(least), view(self))));
    if (!next) return fail(Code::Bug, "this node is not known to itself");
    return static_cast<std::uint64_t>(*next);
}

Result<bool> Nodes::quarantine(const Digest& origin, const std::string& why) {
    return TRY(database_.run("UPDATE node SET quarantine = ? WHERE origin = ? AND quarantine = ''", why,
                             view(origin))) > 0;
}

Result<bool> Nodes::release(const Digest& origin) {
    return TRY(database_.run("UPDATE node SET quarantine = '' WHERE origin = ? AND quarantine != ''", view(origin))) >
           0;
}

Result<std::optional<Digest>> Nodes::at(const std::string& address) {
    const auto found = TRY((database_.first<Blob>("SELECT origin FROM line WHERE address = ?", address)));
    if (!found) return std::nullopt;
    return TRY(sqlite::digest_of_blob(*found));
}

Result<> Nodes::found_at(const std::string& address, const Digest& origin) {
    TRY(database_.run(
        "INSERT INTO line(address, origin) VALUES(?, ?) ON CONFLICT DO UPDATE SET origin = excluded.origin", address,
        view(origin)));
    return {};
}

Result<std::uint64_t> Nodes::spent(std::int64_t day) {
    return static_cast<std::uint64_t>(
        TRY((database_.first<Number>("SELECT bytes FROM spent WHERE day = ?", day))).value_or(0));
}

Result<> Nodes::spend(std::int64_t day, std::uint64_t bytes) {
    TRY(database_.run(
        "INSERT INTO spent(day, bytes) VALUES(?, ?) ON CONFLICT DO UPDATE SET bytes = bytes + excluded.bytes", day,
        static_cast<Number>(bytes)));
    TRY(database_.run("DELETE FROM spent WHERE day != ?", day));
    return {};
}

Result<Nodes::Trial> Nodes::trial(const std::string& address) {
    const auto found =
        TRY((database_.first<Number, Number>("SELECT failures, again FROM trial WHERE address = ?", address)));
    if (!found) return Trial{};
    return Trial{static_cast<std::uint64_t>(std::get<0>(*found)), std::get<1>(*found)};
}

Result<> Nodes::note_trial(const std::string& address, const Trial& trial) {
    TRY(
        database_.run("INSERT INTO trial(address, failures, again) VALUES(?, ?, ?)"
                      " ON CONFLICT DO UPDATE SET failures = excluded.failures, again = excluded.again",
                      address, static_cast<Number>(trial.failures), trial.again));
    return {};
}

Result<Nodes::Posted> Nodes::posted(const std::string& address) {
    const auto found = TRY((database_.first<Number, Number, Number, Blob>(
        "SELECT number, sequence, at, reached FROM posted WHERE address = ?", address)));
    if (!found) return Posted{};
    const auto& [number, sequence, at, reached] = *found;
    return Posted{static_cast<std::uint64_t>(number), static_cast<std::uint64_t>(sequence), at,
                  TRY(parse_vector(reached.bytes))};
}

Result<> Nodes::note_posted(const std::string& address, const Posted& posted) {
    TRY(database_.run("INSERT OR REPLACE INTO posted(address, number, sequence, at, reached) VALUES(?, ?, ?, ?, ?)",
                      address, static_cast<Number>(posted.number), static_cast<Number>(posted.sequence), posted.at,
                      BlobView{write_vector(posted.reached)}));
    return {};
}

}  // namespace holdfast::sync
