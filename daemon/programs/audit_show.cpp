#include "programs/audit_show.hpp"

#include "base/text.hpp"
#include "base/when.hpp"

#include <charconv>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <format>

namespace holdfast {

namespace {

constexpr std::int64_t thousand = 1000;

// "2026-11-30T08:15:04.123Z"
std::string exactly(std::int64_t wall) {
    return std::format("{:%FT%T}Z", std::chrono::sys_time<std::chrono::milliseconds>(std::chrono::milliseconds(wall)));
}

// What the clock said then, where that is known; else the stamp.
std::int64_t clock_of(const audit::Moment& at, std::int64_t stamp) {
    return at.clock > 0 ? at.clock : stamp;
}

bool is_of_before(const audit::Told& told) {
    return told.begun.earlier || told.origin == Digest{};
}

std::string cell(std::string text) {
    if (!text.empty() && std::string_view("=+-@").contains(text.front())) text.insert(0, 1, '\'');
    if (text.find_first_of(",\"") == std::string::npos) return text;
    for (auto at = text.find('"'); at != std::string::npos; at = text.find('"', at + 2)) text.insert(at, 1, '"');
    return "\"" + text + "\"";
}

std::string row(const audit::Told& told, const Named& named) {
    const auto& begun = told.begun;
    const auto& who = begun.who;
    const auto& ended = told.ended;
    const std::vector<std::string> cells{named.node(told.origin),
                                         std::to_string(told.sequence),
                                         exactly(clock_of(begun.at, told.at.wall)),
                                         begun.at.boot,
                                         std::to_string(begun.at.uptime),
                                         who.name,
                                         who.unit ? "unit" : "person",
                                         who.login ? std::to_string(*who.login) : "",
                                         std::to_string(who.uid),
                                         begun.verb,
                                         begun.on,
                                         begun.why,
                                         begun.program,
                                         begun.version,
                                         named.state(told),
                                         ended ? exactly(clock_of(ended->at, told.ended_at.wall)) : "",
                                         ended ? ended->what : "",
                                         is_of_before(told) ? "yes" : "no",
                                         exactly(told.at.wall)};
    std::vector<std::string> quoted;
    for (const auto& each : cells) quoted.push_back(cell(each));
    return join(quoted, ",");
}

// "7d" as milliseconds.
std::optional<std::int64_t> length(std::string_view words) {
    constexpr std::int64_t minute = 60'000;
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(words.data(), words.data() + words.size(), number);
    constexpr std::int64_t most = 100'000;
    if (error != std::errc() || number < 0 || number > most || end + 1 != words.data() + words.size())
        return std::nullopt;
    switch (*end) {
        case 'm': return number * minute;
        case 'h': return number * 60 * minute;
        case 'd': return number * 24 * 60 * minute;
        default: return std::nullopt;
    }
}

}  // namespace

std::string deed_for_people(const audit::Told& told, const Named& named) {
    const auto& begun = told.begun;
    const auto clock = clock_of(begun.at, told.at.wall);
    std::string text = date(clock / thousand) + "  " + named.state(told) + "  " + begun.verb;
    if (!begun.on.empty()) text += "  " + begun.on;
    text += "\n    by " + audit::text(begun.who) + ", " + begun.program + " " + begun.version + ", " +
            named.node(told.origin) + ", record " + std::to_string(told.sequence);
    if (begun.earlier) text += ", from before it was admitted";
    if (std::abs(told.at.wall - clock) > 60 * thousand)
        text += "\n    its stamp says " + date(told.at.wall / thousand) + ": a clock was ahead until then";
    if (!begun.why.empty()) text += "\n    why: " + begun.why;
    if (told.ended && !told.ended->what.empty()) text += "\n    " + told.ended->what;
    return text + "\n";
}

Json deed_in_json(const audit::Told& told, const Named& named) {
    const auto& begun = told.begun;
    Json deed{{"node", named.node(told.origin)},
              {"origin", hex(told.origin)},
              {"sequence", told.sequence},
              {"at", clock_of(begun.at, told.at.wall)},
              {"stamp", told.at.wall},
              {"boot", begun.at.boot},
              {"uptime", begun.at.uptime},
              {"who", audit::as_json(begun.who)},
              {"verb", begun.verb},
              {"on", begun.on},
              {"why", begun.why},
              {"program", begun.program},
              {"version", begun.version},
              {"before_admission", is_of_before(told)},
              {"state", named.state(told)}};
    if (told.ended)
        deed["ended"] = {{"at", clock_of(told.ended->at, told.ended_at.wall)},
                         {"boot", told.ended->at.boot},
                         {"uptime", told.ended->at.uptime},
                         {"code", told.ended->code},
                         {"what", told.ended->what}};
    return deed;
}

std::string deeds_in_csv(const std::vector<audit::Told>& all, const Named& named) {
    std::string text =
        "node,record,begun,boot,uptime_ms,who,kind,login,uid,verb,on,why,program,version,state,ended,what,"
        "before_admission,stamp\r\n";
    for (const auto& each : all) text += row(each, named) + "\r\n";
    return text;
}

Result<std::int64_t> parse_since(const std::string& words, std::int64_t now) {
    if (words.empty()) return 0;
    if (const auto before = length(words)) return now - *before;
    for (const auto* form : {"%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%d"}) {
        std::tm time{};
        const char* end = ::strptime(words.c_str(), form, &time);
        if (end != nullptr && *end == '\0') return std::int64_t{::timegm(&time)} * thousand;
    }
    return fail(Code::Corrupt, "'" + words + "' is no time; write 2026-11-30, 2026-11-30T08:15 (UTC), 90m, 12h or 7d");
}

}  // namespace holdfast
