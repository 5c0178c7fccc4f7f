#include "catalog/store.hpp"

#include "base/text.hpp"
#include "catalog/fields.hpp"
#include "catalog/kinds.hpp"
#include "catalog/reference.hpp"
#include "catalog/rows.hpp"
#include "catalog/state.hpp"
#include "catalog/validate.hpp"

#include <algorithm>
#include <cctype>
#include <set>

namespace holdfast::catalog {

namespace {

// Grows only; see base/sqlite.hpp. A value that is none (null, or too long) stands in `term` as an empty blob.
constexpr const char* migrations[] = {
    "CREATE TABLE node(id INTEGER PRIMARY KEY, origin BLOB NOT NULL UNIQUE, next INTEGER NOT NULL);"
    "CREATE TABLE may_write(node INTEGER NOT NULL, space TEXT NOT NULL, PRIMARY KEY(node, space)) WITHOUT ROWID;"
    "CREATE TABLE kept_out(node INTEGER NOT NULL, sequence INTEGER NOT NULL, entity TEXT NOT NULL,"
    " PRIMARY KEY(node, sequence)) WITHOUT ROWID;"
    "CREATE TABLE entity(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, state BLOB NOT NULL,"
    " is_there INTEGER NOT NULL, disagreements INTEGER NOT NULL);"
    "CREATE INDEX entity_in_conflict ON entity(name) WHERE disagreements > 0;"
    "CREATE TABLE term_key(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);"
    "CREATE TABLE term(key INTEGER NOT NULL, value NOT NULL, entity INTEGER NOT NULL, PRIMARY KEY(key, value, entity))"
    " WITHOUT ROWID;"
    "CREATE TABLE tally(key INTEGER NOT NULL, value NOT NULL, written NOT NULL, count INTEGER NOT NULL,"
    " PRIMARY KEY(key, value, written)) WITHOUT ROWID;"
    "CREATE TABLE link(source INTEGER NOT NULL, type TEXT NOT NULL, target TEXT NOT NULL, back TEXT NOT NULL,"
    " PRIMARY KEY(source, type, target)) WITHOUT ROWID;"
    "CREATE INDEX link_to ON link(target, back, source);"
    "CREATE VIRTUAL TABLE words USING fts5(body, content='', contentless_delete=1, detail=none,"
    " tokenize='unicode61 remove_diacritics 2');",
    // How many there are is told by kind as well, and what an entity is found by is found by it. All of this is made
    // anew from the feeds.
    "DROP TABLE tally;"
    "CREATE TABLE tally(key INTEGER NOT NULL, value NOT NULL, written NOT NULL, kind TEXT NOT NULL DEFAULT '',"
    " count INTEGER NOT NULL, PRIMARY KEY(key, value, written, kind)) WITHOUT ROWID;"
    "CREATE INDEX term_of ON term(entity, key);"
    "DELETE FROM entity; DELETE FROM term; DELETE FROM link; INSERT INTO words(words) VALUES('delete-all');"
    "UPDATE node SET next = 0;",
    // Who there is stands close together, and what was said of each elsewhere; the values of a key as well.
    "DROP INDEX term_of; CREATE INDEX term_by_key ON term(key, entity);"
    "DROP TABLE entity;"
    "CREATE TABLE entity(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, is_there INTEGER NOT NULL,"
    " disagreements INTEGER NOT NULL);"
    "CREATE INDEX entity_in_conflict ON entity(name) WHERE disagreements > 0;"
    "CREATE TABLE said(entity INTEGER PRIMARY KEY, state BLOB NOT NULL);"
    "DELETE FROM term; DELETE FROM tally; DELETE FROM link; INSERT INTO words(words) VALUES('delete-all');"
    "UPDATE node SET next = 0;",
    // Below `next` a node's records of that namespace are in the snapshot that was taken in last. Whoever reads feeds
    // from their begin once more, empties both.
    "CREATE TABLE snapshot(space TEXT PRIMARY KEY, number BLOB NOT NULL);"
    "CREATE TABLE covered(node INTEGER NOT NULL, space TEXT NOT NULL, next INTEGER NOT NULL, PRIMARY KEY(node, space))"
    " WITHOUT ROWID;",
};

// A box's catalog is smaller than that; of a million entities it is what is gone through most.
constexpr std::uint64_t cache = 64 * mebibyte;

std::string uid_of(std::string_view name) {
    // A UUID of version 8 (RFC 9562): what it is made of is ours to choose.
    std::string digits = sha256_hex(name).substr(0, 32);
    digits[12] = '8';
    digits[16] = "89ab"[static_cast<unsigned char>(digits[16]) % 4];
    for (const std::size_t at : {20U, 16U, 12U, 8U}) digits.insert(at, "-");
    return digits;
}

// Who an entity is stands in its name; a field says it in the letters of who wrote it.
std::string in_letters_of(const Json& field, const std::string& known) {
    if (!field.is_string()) return known;
    const auto word = field.get<std::string>();
    const bool same = std::ranges::equal(
        word, known, [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); });
    return same ? word : known;
}

void say_who(Json& document, const Reference& who) {
    std::string kind = who.kind;
    for (const auto& each : kinds())
        if (in_letters_of(each.kind, who.kind) == each.kind) kind = each.kind;
    document["kind"] = in_letters_of(document.value("kind", Json()), kind);
    Json& metadata = document["metadata"];
    if (!metadata.is_object()) metadata = Json::object();
    metadata["name"] = in_letters_of(metadata.value("name", Json()), who.name);
    metadata["namespace"] = who.space;
}

}  // namespace

Result<Json> document_of(const Merged& merged, Rank rank) {
    Fields fields;
    for (const auto& field : merged.fields()) {
        if (field.versions.empty()) continue;
        if (const auto& value = Merged::winner(field, rank).value) fields.emplace(field.path, *value);
    }
    return document_of(fields);
}

Result<Json> said_document(const std::string& name, const Merged& merged, Rank rank) {
    Json document = TRY(document_of(merged, rank));
    say_who(document, TRY(parse_reference(name)));
    return document;
}

Result<Store> Store::open(const std::filesystem::path& file) {
    Store opened(
        TRY(sqlite::Database::open(file, migrations, {.limit = 8ULL << 30U, .write_ahead = true, .cache = cache})));
    TRY(opened.read_nodes());
    return opened;
}

Result<> Store::read_nodes() {
    return database_.query<Number, Blob>(
        "SELECT id, origin FROM node WHERE id >= ? ORDER BY id",
        [&](Number id, const Blob& origin) -> Result<> {
            if (numbers_.add(TRY(digest_of_blob(origin))) != static_cast<std::uint32_t>(id))
                return fail(Code::Corrupt, "a node's number is missing");
            return {};
        },
        static_cast<Number>(nodes().size()));
}

Result<std::uint32_t> Store::number_of(const Digest& origin) {
    if (const auto known = numbers_.find(origin)) return *known;
    TRY(read_nodes());
    if (const auto known = numbers_.find(origin)) return *known;
    const auto number = static_cast<std::uint32_t>(nodes().size());
    TRY(database_.run("INSERT INTO node(id, origin, next) VALUES(?, ?, 0)", number, view(origin)));
    return numbers_.add(origin);
}

Result<> Store::allow(const Digest& origin, const std::string& space) {
    const auto is_so =
        TRY((database_.first<Number>("SELECT 1 FROM may_write JOIN node ON node.id = may_write.node"
                                     " WHERE node.origin = ? AND may_write.space = ?",
                                     view(origin), space)));
    if (is_so) return {};
    auto transaction = TRY(database_.begin());
    TRY(read_nodes());
    const auto node = TRY(number_of(origin));
    const auto news =
        TRY(database_.run("INSERT INTO may_write(node, space) VALUES(?, ?) ON CONFLICT DO NOTHING", node, space));
    // Merging what was merged before changes nothing.
    if (news > 0) {
        TRY(database_.run(
            "UPDATE node SET next = min(next, coalesce((SELECT min(sequence) FROM kept_out WHERE node = ?1),"
            " next)) WHERE id = ?1",
            node));
        TRY(database_.run("DELETE FROM kept_out WHERE node = ?", node));
    }
    return transaction.commit();
}

Result<bool> Store::may_write(const Digest& origin, std::string_view entity) {
    const auto node = TRY(number_of(origin));
    const auto found = TRY((database_.first<Number>("SELECT 1 FROM may_write WHERE node = ? AND space IN (?, ?)", node,
                                                    space_of(entity), everywhere)));
    return found.has_value();
}

Result<Entity> Store::entity_of(std::string name, std::int64_t id, const Merged& merged) {
    Entity entity{std::move(name), {}, {}};
    entity.document = TRY(said_document(entity.name, merged, nodes()));
    entity.objections = objections(entity.document);
    std::set<std::pair<std::string, std::string>> relations;
    const auto use = [&](std::string type, std::string target) {
        relations.emplace(std::move(type), std::move(target));
    };
    TRY((database_.query<std::string, std::string>("SELECT type, target FROM link WHERE source = ?", use, id)));
    TRY((database_.query<std::string, std::string>(
        "SELECT link.back, entity.name FROM link JOIN entity ON entity.id = link.source WHERE link.target = ?", use,
        entity.name)));
    Json& told = entity.document["relations"] = Json::array();
    for (const auto& [type, target] : relations) told.push_back({{"type", type}, {"targetRef", target}});
    Json& metadata = entity.document["metadata"];
    metadata["uid"] = uid_of(entity.name);
    metadata["etag"] = sha256_hex(json::write(entity.document)).substr(0, 40);
    return entity;
}

Result<std::optional<Entity>> Store::get(const std::string& name) {
    TRY(read_nodes());
    const auto found = TRY((database_.first<Number, Blob>(
        "SELECT id, state FROM entity JOIN said ON entity = id WHERE name = ? AND is_there = 1", name)));
    if (!found) return std::nullopt;
    const Merged merged = TRY(parse_state(std::get<1>(*found).bytes));
    return TRY(entity_of(name, std::get<0>(*found), merged));
}

Result<Merged> Store::merged(const std::string& name) {
    TRY(read_nodes());
    const auto found =
        TRY(database_.first<Blob>("SELECT state FROM entity JOIN said ON entity = id WHERE name = ?", name));
    if (!found) return Merged();
    return parse_state(found->bytes);
}

Result<std::vector<std::string>> Store::names() {
    return database_.rows<std::string>("SELECT name FROM entity WHERE is_there = 1 ORDER BY name");
}

Result<std::vector<Disagreement>> Store::disagreements() {
    TRY(read_nodes());
    std::vector<Disagreement> all;
    const auto rows = TRY((database_.rows<std::string, Blob>(
        "SELECT name, state FROM entity JOIN said ON entity = id WHERE disagreements > 0 ORDER BY name")));
    for (const auto& [name, state] : rows) {
        const Merged merged = TRY(parse_state(state.bytes));
        for (const auto& field : merged.fields()) {
            if (!Merged::in_conflict(field)) continue;
            Disagreement one{name, field.path, {}};
            for (const auto& each : field.versions) {
                std::optional<Json> value;
                if (each.value) value = TRY(value_at(field.path, *each.value));
                one.said.push_back({nodes().at(each.dot.node), each.dot.sequence, each.at, std::move(value),
                                    each.dot == Merged::winner(field, nodes()).dot});
            }
            all.push_back(std::move(one));
        }
    }
    return all;
}

Result<std::vector<KeptOut>> Store::kept_out() {
    TRY(read_nodes());
    std::vector<KeptOut> all;
    TRY((database_.query<Number, Number, std::string>(
        "SELECT node, sequence, entity FROM kept_out ORDER BY node, sequence",
        [&](Number node, Number sequence, std::string entity) {
            all.push_back(
                {nodes().at(static_cast<std::size_t>(node)), static_cast<std::uint64_t>(sequence), std::move(entity)});
        })));
    return all;
}

}  // namespace holdfast::catalog
