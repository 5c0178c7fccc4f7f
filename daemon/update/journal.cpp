#include "update/journal.hpp"

#include "base/file.hpp"
#include "base/handle.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <ctime>
#include <fcntl.h>

namespace holdfast::update {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t attempts_kept = 64;
constexpr std::size_t journal_limit = 8 * mebibyte;
constexpr off_t ballast_size = mebibyte;  // far more than 64 attempts are written in

constexpr Event events[] = {Event::Found,  Event::Pulled,   Event::Superseded, Event::Written,
                            Event::Closed, Event::Opened,   Event::BootedNew,  Event::BootedOld,
                            Event::Passed, Event::Restored, Event::Released,   Event::Left};

Json as_json(const Happening& h) {
    return {{"wall", h.at.wall},      {"uptime", h.at.uptime}, {"boot", h.at.boot},
            {"event", text(h.event)}, {"state", text(h.to)},   {"detail", h.detail}};
}

Json as_json(const Attempt& a) {
    Json story = Json::array();
    for (const auto& each : a.story) story.push_back(as_json(each));
    return {{"ref", a.ref},
            {"commit", a.commit},
            {"version", a.version},
            {"time", a.time},
            {"from", a.from},
            {"source", a.source},
            {"slot", a.slot ? std::string(1, a.slot) : ""},
            {"generation", a.generation},
            {"fetched", a.fetched},
            {"state", text(a.state)},
            {"cause", a.cause},
            {"downgrade", a.downgrade},
            {"keep_data", a.keep_data},
            {"restored", a.restored},
            {"whole", a.whole},
            {"story", std::move(story)}};
}

std::optional<Event> parse_event(std::string_view name) {
    const auto found = std::ranges::find_if(events, [&](Event event) { return text(event) == name; });
    return found == std::end(events) ? std::nullopt : std::optional(*found);
}

// What is missing, or of a kind that another version wrote, keeps its default.
template <class T>
void take(const Json& json, const char* key, T& into) {
    const auto found = json.find(key);
    if (found == json.end()) return;
    if constexpr (std::is_same_v<T, std::string>) {
        if (found->is_string()) into = found->get<std::string>();
    } else if constexpr (std::is_same_v<T, bool>) {
        if (found->is_boolean()) into = found->get<bool>();
    } else if (found->is_number_integer()) {
        into = found->get<T>();
    }
}

std::optional<Happening> happening_of(const Json& json) {
    std::string event, state;
    Happening h;
    take(json, "event", event);
    take(json, "state", state);
    const auto what = parse_event(event);
    const auto to = parse_state(state);
    if (!what || !to) return std::nullopt;
    h.event = *what;
    h.to = *to;
    take(json, "wall", h.at.wall);
    take(json, "uptime", h.at.uptime);
    take(json, "boot", h.at.boot);
    take(json, "detail", h.detail);
    return h;
}

Result<Attempt> attempt_of(const Json& json) {
    Attempt a;
    std::string slot, state;
    take(json, "ref", a.ref);
    take(json, "commit", a.commit);
    take(json, "version", a.version);
    take(json, "time", a.time);
    take(json, "from", a.from);
    take(json, "source", a.source);
    take(json, "slot", slot);
    take(json, "generation", a.generation);
    take(json, "fetched", a.fetched);
    take(json, "state", state);
    take(json, "cause", a.cause);
    take(json, "downgrade", a.downgrade);
    take(json, "keep_data", a.keep_data);
    take(json, "restored", a.restored);
    take(json, "whole", a.whole);
    const auto known = parse_state(state);
    if (!known) return fail(Code::Corrupt, "an attempt is in a state '" + state + "' that this version does not know");
    a.state = *known;
    if (slot == "a" || slot == "b") a.slot = slot.front();
    const auto story = json.find("story");
    if (story == json.end() || !story->is_array()) return a;
    for (const auto& each : *story)
        if (auto h = each.is_object() ? happening_of(each) : std::nullopt) a.story.push_back(*std::move(h));
    return a;
}

// Room that a new release cannot fill: what became of it is written down all the same. A disk without that room now may
// have it the next time.
void set_aside(const fs::path& ballast) {
    const Fd file(::open(ballast.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    std::error_code none;
    if (file && ::posix_fallocate(file.number(), 0, ballast_size) != 0) fs::remove(ballast, none);
}

std::int64_t seconds(clockid_t clock) {
    timespec value{};
    ::clock_gettime(clock, &value);
    return value.tv_sec;
}

}  // namespace

Moment now(const fs::path& root) {
    const auto boot = read_whole(root / "proc/sys/kernel/random/boot_id", 128);
    return {seconds(CLOCK_REALTIME), seconds(CLOCK_BOOTTIME), boot ? std::string(trim(*boot)) : ""};
}

const Attempt* Journal::held(std::string_view commit) const {
    for (auto each = attempts.rbegin(); each != attempts.rend(); ++each)
        if (each->commit == commit) return each->state == State::Held ? &*each : nullptr;
    return nullptr;
}

Result<> advance(Attempt& attempt, Event event, const Moment& at, const std::string& detail) {
    const auto to = next(attempt.state, event);
    if (!to)
        return fail(Code::Bug, "an update that is " + std::string(text(attempt.state)) + " knows no '" +
                                   std::string(text(event)) + "'");
    attempt.state = *to;
    attempt.story.push_back({at, event, *to, detail});
    return {};
}

std::string write_journal(const Journal& journal) {
    Json attempts = Json::array();
    for (const auto& each : journal.attempts) attempts.push_back(as_json(each));
    return json::write({{"format", 1},
                        {"floor", journal.floor},
                        {"budget_day", journal.budget_day},
                        {"budget_used", journal.budget_used},
                        {"revoked", journal.revoked},
                        {"attempts", std::move(attempts)}});
}

Result<Journal> parse_journal(std::string_view text) {
    const Json json = TRY(json::parse(text, journal_limit));
    if (!json.is_object() || !json.contains("attempts") || !json["attempts"].is_array())
        return fail(Code::Corrupt, "not a journal of updates");
    Journal journal;
    take(json, "floor", journal.floor);
    take(json, "budget_day", journal.budget_day);
    take(json, "budget_used", journal.budget_used);
    for (const auto& each : json.value("revoked", Json::array()))
        if (each.is_string()) journal.revoked.push_back(each.get<std::string>());
    for (const auto& each : json["attempts"]) {
        if (!each.is_object()) return fail(Code::Corrupt, "an attempt that is none");
        journal.attempts.push_back(TRY(attempt_of(each)));
    }
    return journal;
}

fs::path journal_file(const fs::path& root) {
    return root / journal_folder / "journal.json";
}

Result<Journal> read_journal(const fs::path& root) {
    const auto text = read_whole(journal_file(root), journal_limit);
    if (!text && text.error().code == Code::NotFound) return Journal{};
    return text ? parse_journal(*text) : std::unexpected(text.error());
}

Result<Journal> load_journal(const fs::path& root, std::string& notice) {
    auto journal = read_journal(root);
    // What the disk did not give this time it may give the next.
    if (journal || journal.error().code != Code::Corrupt) return journal;
    notice = "the journal of updates cannot be read and was put aside as journal.broken: " + journal.error().what;
    TRY(move_to(journal_file(root), root / journal_folder / "journal.broken"));
    return Journal{};
}

Result<> save_journal(const fs::path& root, const Journal& journal) {
    TRY(make_directories(root / journal_folder));
    Journal shorter = journal;
    if (shorter.attempts.size() > attempts_kept)
        shorter.attempts.erase(shorter.attempts.begin(), shorter.attempts.end() - attempts_kept);
    const std::string text = write_journal(shorter);
    const fs::path ballast = root / journal_folder / "ballast";
    auto saved = write_whole(journal_file(root), text);
    std::error_code none;
    if (!saved && saved.error().code == Code::NoSpace && fs::remove(ballast, none))
        saved = write_whole(journal_file(root), text);
    if (saved && !fs::exists(ballast, none)) set_aside(ballast);
    return saved;
}

}  // namespace holdfast::update
