#include "hub/store.hpp"

#include "base/crash_point.hpp"
#include "base/json.hpp"
#include "hub/bytes.hpp"
#include "hub/pcrs.hpp"

#include <algorithm>

namespace holdfast::hub {

namespace {

// Grows only; see base/sqlite.hpp.
constexpr const char* migrations[] = {
    "CREATE TABLE ticket(code TEXT PRIMARY KEY, site TEXT NOT NULL, pattern TEXT NOT NULL, expires INTEGER NOT NULL,"
    " uses INTEGER NOT NULL, used INTEGER NOT NULL DEFAULT 0);"
    "CREATE TABLE release(commit_id TEXT PRIMARY KEY, ref TEXT NOT NULL, version TEXT NOT NULL,"
    " measurements TEXT NOT NULL, revoked INTEGER NOT NULL DEFAULT 0);"
    "CREATE TABLE endorsement(digest TEXT PRIMARY KEY, note TEXT NOT NULL);"
    "CREATE TABLE manufacturer(certificate TEXT PRIMARY KEY);"
    "CREATE TABLE secure_boot_key(digest TEXT PRIMARY KEY, variable TEXT NOT NULL);"
    "CREATE TABLE box(endorsement TEXT PRIMARY KEY, site TEXT NOT NULL, name TEXT NOT NULL, state TEXT NOT NULL,"
    " attestation TEXT NOT NULL, certificate TEXT NOT NULL, pcrs TEXT NOT NULL, clock INTEGER NOT NULL, resets INTEGER "
    "NOT NULL,"
    " admitted INTEGER NOT NULL);"
    "CREATE INDEX box_by_name ON box(site, name);"
    "CREATE TABLE decision(id INTEGER PRIMARY KEY, at INTEGER NOT NULL, request TEXT NOT NULL,"
    " endorsement TEXT NOT NULL, site TEXT NOT NULL, name TEXT NOT NULL, outcome TEXT NOT NULL, who TEXT NOT NULL,"
    " checks TEXT NOT NULL, answer TEXT NOT NULL);"
    "CREATE INDEX decision_by_request ON decision(request);"
    "CREATE INDEX decision_by_box ON decision(endorsement);",
    "ALTER TABLE ticket ADD COLUMN issuing INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE box ADD COLUMN issuing INTEGER NOT NULL DEFAULT 0;",
    "CREATE TABLE judged(endorsement TEXT PRIMARY KEY, attestation TEXT NOT NULL, clock INTEGER NOT NULL,"
    " resets INTEGER NOT NULL, message TEXT NOT NULL, outcome TEXT NOT NULL, checks TEXT NOT NULL,"
    " since INTEGER NOT NULL, at INTEGER NOT NULL, times INTEGER NOT NULL);",
    "CREATE TABLE issued(serial TEXT PRIMARY KEY, endorsement TEXT NOT NULL, withdrawn TEXT NOT NULL DEFAULT '',"
    " since INTEGER NOT NULL DEFAULT 0);"
    "CREATE INDEX issued_by_box ON issued(endorsement);"
    "CREATE TABLE list(number INTEGER PRIMARY KEY, made INTEGER NOT NULL, entries TEXT NOT NULL, pem TEXT NOT NULL);",
    "CREATE TABLE escrow(endorsement TEXT PRIMARY KEY, at INTEGER NOT NULL, sealed TEXT NOT NULL);",
    "CREATE TABLE policy(id INTEGER PRIMARY KEY, at INTEGER NOT NULL, who TEXT NOT NULL, what TEXT NOT NULL,"
    " value TEXT NOT NULL);"
    "CREATE TABLE firmware(digest TEXT PRIMARY KEY, pcrs TEXT NOT NULL, note TEXT NOT NULL, who TEXT NOT NULL,"
    " at INTEGER NOT NULL);"
    "ALTER TABLE judged ADD COLUMN firmware TEXT NOT NULL DEFAULT '{}';",
    "ALTER TABLE policy ADD COLUMN why TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE ticket ADD COLUMN who TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE ticket ADD COLUMN made INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE ticket ADD COLUMN revoked INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE manufacturer ADD COLUMN who TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE manufacturer ADD COLUMN at INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE secure_boot_key ADD COLUMN who TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE secure_boot_key ADD COLUMN at INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE endorsement ADD COLUMN who TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE endorsement ADD COLUMN at INTEGER NOT NULL DEFAULT 0;",
    "CREATE INDEX decision_unanswered ON decision(id) WHERE outcome IN ('asked', 'refused');",
};

// One list of columns for all that is read of a table.
using Text = std::string;
using Number = std::int64_t;
using BoxRow = std::tuple<Text, Text, Text, Text, Text, Text, Text, Number, Number, Number, Number>;
using PastRow = std::tuple<Number, Text, Text, Text, Text, Text, Text, Text, Text>;

template <class... V>
Result<std::vector<BoxRow>> box_rows(sqlite::Database& database, const std::string& clause, const V&... values) {
    return database.rows<Text, Text, Text, Text, Text, Text, Text, Number, Number, Number, Number>(
        "SELECT endorsement, site, name, state, attestation, certificate, pcrs, clock, resets, admitted, issuing"
        " FROM box " +
            clause,
        values...);
}

template <class... V>
Result<std::vector<PastRow>> past_rows(sqlite::Database& database, const std::string& clause, const V&... values) {
    return database.rows<Number, Text, Text, Text, Text, Text, Text, Text, Text>(
        "SELECT at, request, endorsement, site, name, outcome, who, checks, answer FROM decision " + clause, values...);
}

Result<Box> box_of(const BoxRow& row) {
    const auto& [endorsement, site, name, state, attestation, certificate, pcrs, clock, resets, admitted, issuing] =
        row;
    return Box{.endorsement = endorsement,
               .site = site,
               .name = name,
               .state = state,
               .attestation = attestation,
               .certificate = TRY(bytes_of(certificate)),
               .pcrs = TRY(parse_pcrs(pcrs)),
               .clock = clock,
               .resets = resets,
               .admitted = admitted,
               .issuing = issuing != 0};
}

Result<Past> past_of(const PastRow& row) {
    const auto& [at, request, endorsement, site, name, outcome, who, checks, answer] = row;
    return Past{at, request, endorsement, site, name, outcome, who, checks, TRY(bytes_of(answer))};
}

// The first of them, where there is one.
Result<std::optional<Box>> first_box(const Result<std::vector<BoxRow>>& rows) {
    if (!rows) return std::unexpected(rows.error());
    if (rows->empty()) return std::nullopt;
    return TRY(box_of(rows->front()));
}

}  // namespace

Result<Store> Store::open(const std::filesystem::path& file) {
    return Store(TRY(sqlite::Database::open(file, migrations, {.write_ahead = true})));
}

Result<std::optional<Box>> Store::box(const std::string& endorsement) {
    return first_box(box_rows(database_, "WHERE endorsement = ?", endorsement));
}

Result<std::optional<Box>> Store::box_named(const std::string& site, const std::string& name) {
    return first_box(box_rows(database_, "WHERE site = ? AND name = ? AND state != 'revoked'", site, name));
}

// Also one that has another name by now.
Result<std::vector<Box>> Store::boxes_named(const std::string& site, const std::string& name) {
    std::vector<Box> all;
    const auto rows = TRY(box_rows(
        database_,
        "WHERE endorsement IN (SELECT endorsement FROM decision WHERE site = ? AND name = ? AND outcome = 'admitted')"
        " ORDER BY site = ? AND name = ? AND state != 'revoked' DESC,"
        " (SELECT max(id) FROM decision WHERE decision.endorsement = box.endorsement) DESC",
        site, name, site, name));
    for (const auto& row : rows) all.push_back(TRY(box_of(row)));
    return all;
}

Result<std::optional<std::string>> Store::holder(const std::string& site, const std::string& name) {
    return database_.first<Text>("SELECT endorsement FROM box WHERE site = ? AND name = ? AND state != 'revoked'", site,
                                 name);
}

Result<std::vector<Box>> Store::boxes() {
    std::vector<Box> all;
    for (const auto& row : TRY(box_rows(database_, "ORDER BY site, name"))) all.push_back(TRY(box_of(row)));
    return all;
}

Result<std::optional<std::string>> Store::escrow(const std::string& endorsement) {
    const auto sealed = TRY((database_.first<Text>("SELECT sealed FROM escrow WHERE endorsement = ?", endorsement)));
    if (!sealed) return std::nullopt;
    return TRY(bytes_of(*sealed));
}

Result<std::optional<Past>> Store::past(const std::string& request) {
    const auto rows = TRY(past_rows(database_, "WHERE request = ? AND outcome = 'admitted'", request));
    if (rows.empty()) return std::nullopt;
    return TRY(past_of(rows.front()));
}

Result<std::optional<Past>> Store::last(const std::string& endorsement, const std::string& outcome) {
    const auto rows = TRY(
        past_rows(database_, "WHERE endorsement = ? AND outcome = ? ORDER BY id DESC LIMIT 1", endorsement, outcome));
    if (rows.empty()) return std::nullopt;
    return TRY(past_of(rows.front()));
}

Result<std::vector<Past>> Store::unanswered() {
    std::vector<Past> all;
    const auto rows = TRY(past_rows(
        database_,
        "AS own WHERE outcome IN ('asked', 'refused') AND id = (SELECT max(id) FROM decision WHERE request = "
        "own.request) AND id > ifnull((SELECT max(id) FROM decision WHERE endorsement = own.endorsement AND outcome IN"
        " ('admitted', 'revoked')), 0) ORDER BY id DESC LIMIT 1000"));
    for (const auto& row : rows) all.push_back(TRY(past_of(row)));
    return all;
}

Result<std::optional<Past>> Store::revoked_since(const Past& admitted) {
    const auto rows = TRY(past_rows(database_,
                                    "WHERE endorsement = ? AND outcome = 'revoked' AND id >"
                                    " (SELECT max(id) FROM decision WHERE request = ? AND outcome = 'admitted')"
                                    " ORDER BY id DESC LIMIT 1",
                                    admitted.endorsement, admitted.request));
    if (rows.empty()) return std::nullopt;
    return TRY(past_of(rows.front()));
}

Result<bool> Store::seen_before_revocation(const std::string& request, const std::string& endorsement) {
    const auto seen = TRY((
        database_.first<Number>("SELECT id FROM decision WHERE request = ? AND id <"
                                " (SELECT max(id) FROM decision WHERE endorsement = ? AND outcome = 'revoked') LIMIT 1",
                                request, endorsement)));
    return seen.has_value();
}

Result<bool> Store::knows(const Past& past) {
    return !TRY(past_rows(database_, "WHERE request = ? AND outcome = ? AND who = ? AND checks = ? LIMIT 1",
                          past.request, past.outcome, past.who, past.checks))
                .empty();
}

Result<std::vector<Past>> Store::history(const std::string& endorsement) {
    std::vector<Past> all;
    for (const auto& row : TRY(past_rows(database_, "WHERE endorsement = ? ORDER BY id", endorsement)))
        all.push_back(TRY(past_of(row)));
    return all;
}

Result<std::optional<Judged>> Store::judged(const std::string& endorsement) {
    const auto found = TRY((database_.first<Text, Number, Number, Text, Text, Text, Number, Number, Number, Text>(
        "SELECT attestation, clock, resets, message, outcome, checks, since, at, times, firmware FROM judged"
        " WHERE endorsement = ?",
        endorsement)));
    if (!found) return std::nullopt;
    const auto& [attestation, clock, resets, message, outcome, checks, since, at, times, firmware] = *found;
    return Judged{
        endorsement, attestation, clock, resets, message, outcome, checks, since, at, times, TRY(parse_pcrs(firmware))};
}

Result<> Store::record(const Judged& j, const std::optional<Past>& news) {
    auto transaction = TRY(database_.begin());
    if (news) TRY(insert(*news));
    crash_point("hub.decided");
    TRY(
        database_.run("INSERT OR REPLACE INTO judged(endorsement, attestation, clock, resets, message, outcome, checks,"
                      " since, at, times, firmware) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                      j.endorsement, j.attestation, j.clock, j.resets, j.message, j.outcome, j.checks, j.since, j.at,
                      j.times, write_pcrs(j.firmware)));
    TRY(transaction.commit());
    crash_point("hub.recorded");
    return {};
}

Result<> Store::insert(const Past& p) {
    TRY(
        database_.run("INSERT INTO decision(at, request, endorsement, site, name, outcome, who, checks, answer)"
                      " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)",
                      p.at, p.request, p.endorsement, p.site, p.name, p.outcome, p.who, p.checks, hex_of(p.answer)));
    return {};
}

Result<> Store::insert(const Box& box) {
    TRY(
        database_.run("INSERT INTO box(endorsement, site, name, state, attestation, certificate, pcrs, clock, resets,"
                      " admitted, issuing)"
                      " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(endorsement) DO UPDATE SET"
                      " site = excluded.site, name = excluded.name, state = excluded.state,"
                      " attestation = excluded.attestation,"
                      " certificate = excluded.certificate, pcrs = excluded.pcrs, clock = excluded.clock,"
                      " resets = excluded.resets, admitted = excluded.admitted, issuing = excluded.issuing",
                      box.endorsement, box.site, box.name, box.state, box.attestation, hex_of(box.certificate),
                      write_pcrs(box.pcrs), box.clock, box.resets, box.admitted, std::int64_t{box.issuing}));
    if (!box.escrow.empty())
        TRY(database_.run("INSERT OR REPLACE INTO escrow(endorsement, at, sealed) VALUES(?, ?, ?)", box.endorsement,
                          box.admitted, hex_of(box.escrow)));
    return {};
}

Result<> Store::record(const Past& p, const std::optional<Box>& box, const std::string& ticket,
                       const std::vector<std::string>& serials) {
    auto transaction = TRY(database_.begin());
    TRY(insert(p));
    crash_point("hub.decided");
    if (box) TRY(insert(*box));
    for (const auto& each : serials)
        TRY(database_.run("INSERT INTO issued(serial, endorsement) VALUES(?, ?)", each, p.endorsement));
    if (!ticket.empty()) TRY(database_.run("UPDATE ticket SET used = used + 1 WHERE code = ?", ticket));
    TRY(transaction.commit());
    crash_point("hub.recorded");
    return {};
}

Result<> Store::record(const Past& p, const Box& box, const std::optional<identity::Withdrawal>& withdrawal) {
    auto transaction = TRY(database_.begin());
    TRY(insert(p));
    crash_point("hub.decided");
    TRY(insert(box));
    // Of one that was admitted before serial numbers were kept.
    const auto facts = TRY(identity::facts_of(box.certificate));
    TRY(database_.run("INSERT OR IGNORE INTO issued(serial, endorsement) VALUES(?, ?)", facts.serial, box.endorsement));
    const std::string how = withdrawal ? std::string(identity::text(*withdrawal)) : "";
    TRY(database_.run("UPDATE issued SET withdrawn = ?, since = ? WHERE endorsement = ? AND withdrawn NOT IN (?, ?)",
                      how, withdrawal ? p.at : 0, box.endorsement, how, identity::text(identity::Withdrawal::Revoked)));
    TRY(transaction.commit());
    crash_point("hub.recorded");
    return {};
}

Result<std::map<std::string, identity::Withdrawn>> Store::withdrawn() {
    using identity::Withdrawal;
    std::map<std::string, identity::Withdrawn> all;
    const auto rows =
        TRY((database_.rows<Text, Text, Number>("SELECT serial, withdrawn, since FROM issued WHERE withdrawn != ''")));
    for (const auto& [serial, how, since] : rows)
        all[serial] = {how == identity::text(Withdrawal::Quarantined) ? Withdrawal::Quarantined : Withdrawal::Revoked,
                       since};
    return all;
}

Result<std::string> Store::list(std::int64_t now, std::int64_t renew, const Make& make) {
    auto transaction = TRY(database_.begin());
    const auto entries = TRY(withdrawn());
    std::string words;
    for (const auto& [serial, how] : entries)
        words += serial + " " + std::string(identity::text(how.how)) + " " + std::to_string(how.since) + "\n";
    const std::string digest = sha256_hex(words);
    const auto last = TRY((database_.first<Number, Number, Text, Text>(
        "SELECT number, made, entries, pem FROM list ORDER BY number DESC LIMIT 1")));
    if (last && std::get<1>(*last) > renew && std::get<2>(*last) == digest) return std::get<3>(*last);
    // Not below the time, so that a database that was brought back from a copy goes on above what it has given out.
    const std::int64_t number = std::max(now, last ? std::get<0>(*last) + 1 : 1);
    const std::string pem = TRY(make(static_cast<std::uint64_t>(number), entries));
    TRY(database_.run("INSERT INTO list(number, made, entries, pem) VALUES(?, ?, ?, ?)", number, now, digest, pem));
    TRY(database_.run("DELETE FROM list WHERE number < ?", number));
    crash_point("hub.listed");
    TRY(transaction.commit());
    return pem;
}

}  // namespace holdfast::hub
