#include "sync/nodes.hpp"

#include "base/digest_blob.hpp"
#include "base/openssl.hpp"

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
};

}  // namespace

Result<Nodes> Nodes::open(const std::filesystem::path& file) {
    return Nodes(TRY(sqlite::Database::open(file, migrations, {.write_ahead = true})));
}

Result<std::string> public_key_of(const Node& node) {
    const auto key = TRY(identity::key_of(node.chain.front()));
    return der_by(i2d_PUBKEY, key.get());
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
    TRY(
        database_.run("INSERT INTO node(origin, id, chain, heard, have) VALUES(?, ?, ?, 0, ?)"
                      " ON CONFLICT DO UPDATE SET id = excluded.id, chain = excluded.chain",
                      view(node.origin), node.id, BlobView{write_chain(chain)}, BlobView{write_vector({})}));
    const bool news = !before || before->id != node.id;
    if (before) {
        node.heard = before->heard;
        node.have = before->have;
    }
    return Met{std::move(node), news};
}

Result<std::vector<Node>> Nodes::rows(const std::string& clause, const std::optional<Digest>& origin) {
    std::vector<Node> all;
    const auto use = [&](const Blob& number, std::string id, const Blob& chain, Number heard,
                         const Blob& have) -> Result<> {
        all.push_back({TRY(sqlite::digest_of_blob(number)), std::move(id), TRY(parse_chain(chain.bytes)), heard,
                       TRY(parse_vector(have.bytes))});
        return {};
    };
    const std::string sql = "SELECT origin, id, chain, heard, have FROM node " + clause;
    if (origin)
        TRY((database_.query<Blob, std::string, Blob, Number, Blob>(sql, use, view(*origin))));
    else
        TRY((database_.query<Blob, std::string, Blob, Number, Blob>(sql, use)));
    return all;
}

Result<std::optional<Node>> Nodes::find(const Digest& origin) {
    auto found = TRY(rows("WHERE origin = ?", origin));
    if (found.empty()) return std::nullopt;
    return std::move(found.front());
}

Result<std::vector<Node>> Nodes::all() {
    return rows("ORDER BY id", std::nullopt);
}

Result<> Nodes::note(const Digest& origin, std::int64_t at, const Vector& have) {
    TRY(database_.run("UPDATE node SET heard = ?, have = ? WHERE origin = ? AND heard <= ?", at,
                      BlobView{write_vector(have)}, view(origin), at));
    return {};
}

}  // namespace holdfast::sync
