#include "cli/update_show.hpp"

#include "base/when.hpp"

#include <algorithm>
#include <format>

namespace holdfast::cli {

namespace {

constexpr std::size_t bar_width = 24;
constexpr double mib = 1024.0 * 1024.0;

std::string paint(const std::string& text, const char* colour, Colours colours) {
    return colours == Colours::Yes ? std::format("\x1b[{}m{}\x1b[0m", colour, text) : text;
}

std::string line(const std::string& head, const std::string& text, Colours colours) {
    return paint(std::format("{:<12}", head), "1", colours) + text + "\n";
}

const char* colour_of(std::string_view state) {
    if (state == "good") return "1;32";
    if (state == "held" || state == "rolled-back") return "1;31";
    return "1;33";
}

std::string text_in(const Json& json, const char* key) {
    const auto found = json.find(key);
    return found != json.end() && found->is_string() ? found->get<std::string>() : "";
}

std::int64_t number_in(const Json& json, const char* key) {
    const auto found = json.find(key);
    return found != json.end() && found->is_number_integer() ? found->get<std::int64_t>() : 0;
}

std::string duration(std::int64_t seconds) {
    if (seconds < 120) return std::format("{} s", seconds);
    if (seconds < 7200) return std::format("{} min", seconds / 60);
    return std::format("{} h", seconds / 3600);
}

// How long it took since the event before: by uptime within one start, by wall clock over starts.
std::string since(const Json& before, const Json& after) {
    const bool same = text_in(before, "boot") == text_in(after, "boot");
    const char* clock = same ? "uptime" : "wall";
    const auto seconds = number_in(after, clock) - number_in(before, clock);
    return seconds < 0 ? "?" : duration(seconds);
}

std::string story(const Json& attempt) {
    std::string text;
    const Json* before = nullptr;
    const auto found = attempt.find("story");
    if (found == attempt.end() || !found->is_array()) return text;
    for (const auto& event : *found) {
        const std::string after = before ? "after " + since(*before, event) : date(number_in(event, "wall"));
        text += std::format("    {:<12} {:<22}{}\n", text_in(event, "event"), after, text_in(event, "detail"));
        before = &event;
    }
    return text;
}

// An attempt that ended idle was released or given up; that is what people want to know.
std::string end_of(const Json& attempt) {
    const std::string state = text_in(attempt, "state");
    const auto found = attempt.find("story");
    if (state != "idle" || found == attempt.end() || !found->is_array() || found->empty()) return state;
    const std::string last = text_in(found->back(), "event");
    if (last == "released") return "released";
    return last == "superseded" ? "given up" : state;
}

std::string attempt_words(const Json& attempt, Colours colours) {
    const std::string state = end_of(attempt);
    std::string text = paint(std::format("{:<10}", text_in(attempt, "version")), "1", colours) +
                       paint(std::format("{:<12}", state), colour_of(state), colours) + "commit " +
                       text_in(attempt, "commit").substr(0, 12) + " from " + text_in(attempt, "source");
    if (const auto fetched = number_in(attempt, "fetched"); fetched > 0)
        text += std::format(", {:.1f} MiB fetched", static_cast<double>(fetched) / mib);
    text += "\n";
    if (const std::string cause = text_in(attempt, "cause"); !cause.empty())
        text += std::string(state == "released" ? "    was held because " : "    because ") + cause + "\n";
    return text + story(attempt);
}

bool in_bytes(const Update::Work& work) {
    return work.phase == "downloading";
}

}  // namespace

std::string update_for_people(const Update& update, Colours colours) {
    const bool rests = update.state == "downloading" && update.work.over;
    std::string text = line("state",
                            paint(update.state, colour_of(update.state), colours) +
                                (rests ? ", and rests; to go on: holdfast update download" : ""),
                            colours);
    if (!update.version.empty())
        text += line("update",
                     "version " + update.version + ", commit " + update.commit.substr(0, 12) +
                         (update.slot.empty() ? "" : ", slot " + update.slot),
                     colours);
    if (!update.cause.empty()) text += line("because", update.cause, colours);
    if (!update.work.over) text += line("working at", progress_bar(update.work, 0), colours);
    if (update.last.id != 0 && !update.last.what.empty())
        text += line("last", (update.last.good ? "" : "failed: ") + update.last.what, colours);
    return text;
}

std::string update_for_programs(const Update& update) {
    return json::write({{"state", update.state},
                        {"version", update.version},
                        {"commit", update.commit},
                        {"slot", update.slot},
                        {"cause", update.cause},
                        {"work",
                         {{"verb", update.work.verb},
                          {"phase", update.work.phase},
                          {"done", update.work.done},
                          {"total", update.work.total},
                          {"over", update.work.over}}}});
}

std::string finished_for_programs(const Update::Finished& finished, const Update& update) {
    return json::write({{"good", finished.good},
                        {"code", finished.code},
                        {"what", finished.what},
                        {"reboots", finished.reboots},
                        {"state", update.state},
                        {"version", update.version},
                        {"commit", update.commit}});
}

std::string history_for_people(const Json& history, Colours colours) {
    const auto found = history.find("attempts");
    if (found == history.end() || !found->is_array() || found->empty()) return "there was no update yet\n";
    std::string text;
    for (auto each = found->rbegin(); each != found->rend(); ++each) text += attempt_words(*each, colours);
    return text;
}

std::string progress_bar(const Update::Work& work, double bytes_per_second) {
    if (work.total == 0) return std::format("{:<12} …", work.phase);
    const double part = std::min(1.0, static_cast<double>(work.done) / static_cast<double>(work.total));
    const auto full = static_cast<std::size_t>(part * bar_width);
    std::string text = std::format("{:<12}{:3.0f} % [{}{}]", work.phase, part * 100, std::string(full, '#'),
                                   std::string(bar_width - full, '-'));
    if (in_bytes(work))
        text += std::format(" {:.1f} of {:.1f} MiB", static_cast<double>(work.done) / mib,
                            static_cast<double>(work.total) / mib);
    if (in_bytes(work) && bytes_per_second > 0) text += std::format(", {:.2f} MiB/s", bytes_per_second / mib);
    return text;
}

}  // namespace holdfast::cli
