// What the store knows of tickets, releases, and keys that are trusted.
#include "base/crash_point.hpp"
#include "base/when.hpp"
#include "hub/bytes.hpp"
#include "hub/store.hpp"

#include <algorithm>

namespace holdfast::hub {

namespace {

using Text = std::string;
using Number = std::int64_t;

template <class... V>
Result<std::vector<Ticket>> tickets_of(sqlite::Database& database, const std::string& clause, const V&... values) {
    std::vector<Ticket> all;
    const auto rows = TRY((database.rows<Text, Text, Text, Number, Number, Number, Number, Text, Number, Number>(
        "SELECT code, site, pattern, expires, uses, used, issuing, who, made, revoked FROM ticket " + clause,
        values...)));
    for (const auto& [code, site, pattern, expires, uses, used, issuing, who, made, revoked] : rows)
        all.push_back({code, site, pattern, expires, uses, used, issuing != 0, who, made, revoked});
    return all;
}

// Who has revoked that release, and when.
Result<> refuse_revoked(sqlite::Database& database, const std::string& version, const std::string& commit) {
    const auto said = TRY((database.first<Number, Text, Text>(
        "SELECT at, who, why FROM policy WHERE what = 'release-revoked' AND value = ? ORDER BY id DESC LIMIT 1",
        commit)));
    std::string words = "version " + version + " (commit " + commit + ") was revoked";
    if (said) {
        const auto& [at, who, why] = *said;
        words += " on " + date(at) + (who.empty() ? "" : " by " + who) + (why.empty() ? "" : ": " + why);
    }
    return fail(Code::Denied, words + "; to take that back, the same with --bring-back --by YOUR-NAME");
}

}  // namespace

// ---- tickets ------------------------------------------------------------------------------------------------------

std::string written_code(std::string_view typed) {
    std::string code;
    for (const char each : typed) {
        if (each == '-' || each == ' ') continue;
        const char letter = each >= 'a' && each <= 'z' ? static_cast<char>(each - 'a' + 'A') : each;
        if (code.size() % 5 == 4) code += '-';
        code += letter == 'O' ? '0' : letter == 'I' || letter == 'L' ? '1' : letter;
    }
    constexpr std::size_t length = 19;
    return code.size() == length ? code : std::string(typed);
}

std::string id_of(const Ticket& ticket) {
    constexpr std::size_t digits = 12;
    return sha256_hex(ticket.code).substr(0, digits);
}

Result<> Store::add_ticket(const Ticket& t) {
    auto transaction = TRY(database_.begin());
    TRY(
        database_.run("INSERT INTO ticket(code, site, pattern, expires, uses, issuing, who, made)"
                      " VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
                      t.code, t.site, t.pattern, t.expires, t.uses, std::int64_t{t.issuing}, t.who, t.made));
    TRY(insert({.who = t.who, .why = {}, .at = t.made}, "ticket-made", id_of(t)));
    return transaction.commit();
}

Result<std::optional<Ticket>> Store::ticket(const std::string& code) {
    auto found = TRY(tickets_of(database_, "WHERE code = ?", written_code(code)));
    if (found.empty()) return std::nullopt;
    return std::move(found.front());
}

Result<std::vector<Ticket>> Store::tickets() {
    return tickets_of(database_, "ORDER BY expires");
}

// An older program does not know `revoked`; for that one it has expired.
Result<bool> Store::revoke_ticket(const Ticket& ticket, const Word& word) {
    auto transaction = TRY(database_.begin());
    const bool news =
        TRY(database_.run("UPDATE ticket SET revoked = ?, expires = min(expires, ?) WHERE code = ? AND revoked = 0",
                          word.at, word.at - 1, ticket.code)) == 1;
    crash_point("hub.decided");
    if (news) TRY(insert(word, "ticket-revoked", id_of(ticket)));
    TRY(transaction.commit());
    crash_point("hub.recorded");
    return news;
}

// ---- releases -----------------------------------------------------------------------------------------------------

Result<> Store::add_release(const std::string& ref, const std::string& version, const std::string& commit,
                            const std::string& measurements, const Word& word, bool bring_back) {
    TRY(enroll::parse_reference(measurements));
    auto transaction = TRY(database_.begin());
    const auto known =
        TRY((database_.first<Number, Text>("SELECT revoked, measurements FROM release WHERE commit_id = ?", commit)));
    if (known && std::get<0>(*known) != 0 && !bring_back) return refuse_revoked(database_, version, commit);
    // A commit names its measurements: others are another's, or a damaged file's.
    if (known && std::get<1>(*known) != measurements)
        return fail(Code::Denied, "version " + version + " is known with other measurements, " +
                                      sha256_hex(std::get<1>(*known)).substr(0, 16) + ", than these, " +
                                      sha256_hex(measurements).substr(0, 16) +
                                      ", and a commit has only one; check both images with: holdfast-image verify");
    TRY(
        database_.run("INSERT INTO release(commit_id, ref, version, measurements) VALUES(?, ?, ?, ?)"
                      " ON CONFLICT(commit_id) DO UPDATE SET measurements = excluded.measurements, revoked = 0",
                      commit, ref, version, measurements));
    TRY(insert(word, "release-added", version + " " + commit));
    return transaction.commit();
}

Result<std::string> Store::measurements(const std::string& commit) {
    const auto found = TRY((database_.first<Text>("SELECT measurements FROM release WHERE commit_id = ?", commit)));
    if (!found) return fail(Code::NotFound, "no release with commit " + commit + " is known here");
    return sha256_hex(*found);
}

Result<bool> Store::revoke_release(const std::string& commit, const Word& word) {
    auto transaction = TRY(database_.begin());
    const auto revoked = TRY(database_.first<Number>("SELECT revoked FROM release WHERE commit_id = ?", commit));
    if (!revoked)
        return fail(Code::NotFound,
                    "no release with commit " + commit + " is known here; look with: holdfast hub release list");
    if (*revoked != 0) return false;
    TRY(database_.run("UPDATE release SET revoked = 1 WHERE commit_id = ?", commit));
    crash_point("hub.decided");
    TRY(insert(word, "release-revoked", commit));
    TRY(transaction.commit());
    crash_point("hub.recorded");
    return true;
}

Result<std::vector<enroll::Reference>> Store::releases() {
    std::vector<enroll::Reference> all;
    const auto rows = TRY((database_.rows<Text, Text, Text, Text, Number>(
        "SELECT commit_id, ref, version, measurements, revoked FROM release ORDER BY version")));
    for (const auto& [commit, ref, version, measured, revoked] : rows) {
        auto reference = TRY(in("release " + version, enroll::parse_reference(measured)));
        reference.ref = ref;
        reference.version = version;
        reference.commit = commit;
        reference.revoked = revoked != 0;
        all.push_back(std::move(reference));
    }
    return all;
}

// ---- keys that are trusted ----------------------------------------------------------------------------------------

std::string_view text(Trust kind) {
    switch (kind) {
        case Trust::Manufacturer: return "manufacturer";
        case Trust::SecureBoot: return "secure-boot";
        case Trust::Endorsement: break;
    }
    return "endorsement";
}

// A note that is not given again is kept.
Result<bool> Store::allow_endorsement(const Digest& key, const std::string& note, const Word& word) {
    auto transaction = TRY(database_.begin());
    const auto before = TRY(database_.first<Text>("SELECT note FROM endorsement WHERE digest = ?", hex_of(key)));
    if (before && (note.empty() || note == *before)) return false;
    TRY(database_.run("INSERT OR REPLACE INTO endorsement(digest, note, who, at) VALUES(?, ?, ?, ?)", hex_of(key), note,
                      word.who, word.at));
    TRY(insert(word, "trusted", "endorsement " + hex_of(key)));
    TRY(transaction.commit());
    return !before;
}

Result<std::set<Digest>> Store::allowed_endorsements() {
    std::set<Digest> all;
    for (const auto& text : TRY(database_.rows<std::string>("SELECT digest FROM endorsement")))
        all.insert(TRY(digest_of(text)));
    return all;
}

Result<bool> Store::add_secure_boot_key(const std::string& variable, const Digest& data, const Word& word) {
    auto transaction = TRY(database_.begin());
    const bool news =
        TRY(database_.run("INSERT OR IGNORE INTO secure_boot_key(digest, variable, who, at) VALUES(?, ?, ?, ?)",
                          hex_of(data), variable, word.who, word.at)) == 1;
    if (news) TRY(insert(word, "trusted", "secure-boot " + hex_of(data)));
    TRY(transaction.commit());
    return news;
}

Result<std::set<Digest>> Store::secure_boot_keys() {
    std::set<Digest> all;
    for (const auto& text : TRY(database_.rows<std::string>("SELECT digest FROM secure_boot_key")))
        all.insert(TRY(digest_of(text)));
    return all;
}

Result<bool> Store::add_manufacturer(const std::string& certificate, const Word& word) {
    auto transaction = TRY(database_.begin());
    const bool news = TRY(database_.run("INSERT OR IGNORE INTO manufacturer(certificate, who, at) VALUES(?, ?, ?)",
                                        hex_of(certificate), word.who, word.at)) == 1;
    if (news) TRY(insert(word, "trusted", "manufacturer " + sha256_hex(certificate)));
    TRY(transaction.commit());
    return news;
}

Result<std::vector<std::string>> Store::manufacturers() {
    std::vector<std::string> all;
    for (const auto& text : TRY(database_.rows<std::string>("SELECT certificate FROM manufacturer")))
        all.push_back(TRY(bytes_of(text)));
    return all;
}

// What was taken back may be followed by as many others; that is a decision, which are only ever added.
Result<std::string> Store::manufacturers_state() {
    return TRY(database_.first<Text>("SELECT (SELECT count(*) || '.' || coalesce(max(rowid), 0) FROM manufacturer)"
                                     " || '.' || (SELECT coalesce(max(id), 0) FROM policy)"))
        .value_or("");
}

Result<std::vector<Trusted>> Store::trusted() {
    std::vector<Trusted> all;
    for (const auto& [certificate, who, at] :
         TRY((database_.rows<Text, Text, Number>("SELECT certificate, who, at FROM manufacturer ORDER BY at")))) {
        const std::string der = TRY(bytes_of(certificate));
        all.push_back({Trust::Manufacturer, sha256_hex(der), der, who, at});
    }
    for (const auto& [digest, variable, who, at] : TRY((database_.rows<Text, Text, Text, Number>(
             "SELECT digest, variable, who, at FROM secure_boot_key ORDER BY at, variable"))))
        all.push_back({Trust::SecureBoot, digest, variable, who, at});
    for (const auto& [digest, note, who, at] : TRY((database_.rows<Text, Text, Text, Number>(
             "SELECT digest, note, who, at FROM endorsement ORDER BY at, digest"))))
        all.push_back({Trust::Endorsement, digest, note, who, at});
    return all;
}

Result<> Store::distrust(const Trusted& key, const Word& word) {
    auto transaction = TRY(database_.begin());
    switch (key.kind) {
        case Trust::Manufacturer:
            TRY(database_.run("DELETE FROM manufacturer WHERE certificate = ?", hex_of(key.what)));
            break;
        case Trust::SecureBoot: TRY(database_.run("DELETE FROM secure_boot_key WHERE digest = ?", key.digest)); break;
        case Trust::Endorsement: TRY(database_.run("DELETE FROM endorsement WHERE digest = ?", key.digest)); break;
    }
    crash_point("hub.decided");
    TRY(insert(word, "distrusted", std::string(text(key.kind)) + " " + key.digest));
    TRY(transaction.commit());
    crash_point("hub.recorded");
    return {};
}

}  // namespace holdfast::hub
