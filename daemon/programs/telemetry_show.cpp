// What windows came to, for people.
#include "base/json.hpp"
#include "base/when.hpp"
#include "feed/store.hpp"
#include "programs/telemetry_verbs.hpp"
#include "telemetry/exposition.hpp"
#include "telemetry/measure.hpp"
#include "telemetry/outgoing.hpp"

#include <algorithm>
#include <cstdio>
#include <deque>
#include <format>

namespace holdfast {

namespace {

using namespace telemetry;

constexpr std::int64_t thousand = 1000;

// The parts of one window, and the messages of the same time.
struct Shown {
    std::vector<WindowRecord> windows;
    std::vector<LogsRecord> logs;
};

// The last ones, in their order, by their time.
class Last {
public:
    explicit Last(std::size_t count) : count_(count) {}
    Shown& at(const Span& span) {
        const std::pair key(span.from, span.until);
        if (all_.empty() || all_.back().first != key) all_.emplace_back(key, Shown{});
        if (all_.size() > count_) all_.pop_front();
        return all_.back().second;
    }
    const auto& all() const { return all_; }
    std::size_t count() const { return count_; }

private:
    std::size_t count_;
    std::deque<std::pair<std::pair<std::int64_t, std::int64_t>, Shown>> all_;
};

// A window has a few records at most, but there may be other ones between.
constexpr std::uint64_t records_of_a_window = 16;

Result<> read_last(feed::Store& feeds, const feed::Feed& feed, Last& into) {
    const auto end = TRY(feeds.end(feed));
    if (!end) return {};
    const auto from = end->next - std::min<std::uint64_t>(end->next, records_of_a_window * into.count());
    return feeds.read(feed, from, [&](const feed::Record& record) -> Result<> {
        if (record.type == window_type) {
            auto window = TRY(parse_window(record.payload));
            into.at(window.span).windows.push_back(std::move(window));
        } else if (record.type == logs_type) {
            auto logs = TRY(parse_logs(record.payload));
            into.at(logs.span).logs.push_back(std::move(logs));
        }
        return {};
    });
}

std::string number(double value) {
    return std::format("{:.6g}", value);
}

void print(const WindowRecord& window) {
    const auto stood = [](const Reduced& r) { return r.kind == Kind::Counter && r.increase == 0; };
    const auto still = window.still + static_cast<std::uint64_t>(std::ranges::count_if(
                                          window.series, [&](const auto& each) { return stood(each.second); }));
    if (!window.series.empty())
        std::printf("  %-76s %-5s %12s %12s %12s %12s %6s\n", "series", "unit", "min", "mean", "max", "last", "count");
    for (const auto& [series, r] : window.series) {
        if (stood(r)) continue;
        const bool gauge = r.kind == Kind::Gauge;
        const auto middle = gauge ? number(r.mean) : "+" + number(r.increase);
        std::printf("  %-76s %-5s %12s %12s %12s %12s %6llu\n", harmless(text(series)).c_str(),
                    harmless(r.unit).c_str(), gauge ? number(r.least).c_str() : "", middle.c_str(),
                    gauge ? number(r.most).c_str() : "", number(r.last).c_str(),
                    static_cast<unsigned long long>(r.count));
    }
    for (const auto& series : window.gone) std::printf("  %-76s gone\n", harmless(text(series)).c_str());
    if (still > 0) std::printf("  %llu more did not move\n", static_cast<unsigned long long>(still));
    if (window.left_out > 0)
        std::printf("  %llu more are beyond the limit of series, such as %s\n",
                    static_cast<unsigned long long>(window.left_out),
                    window.examples.empty() ? "" : harmless(window.examples.front()).c_str());
}

void print(const LogsRecord& logs) {
    auto patterns = logs.patterns;
    std::ranges::stable_sort(patterns, [](const auto& a, const auto& b) {
        return std::pair(a.priority, b.count) < std::pair(b.priority, a.count);
    });
    for (const auto& p : patterns)
        std::printf("  %6llu x  <%d> %s: %s\n", static_cast<unsigned long long>(p.count), p.priority,
                    harmless(p.unit).c_str(), harmless(p.pattern).c_str());
    for (const auto& [priority, count] : logs.others)
        std::printf("  %6llu x  <%d> other patterns\n", static_cast<unsigned long long>(count), priority);
}

Json in_json(const Series& series) {
    return {{"name", series.name}, {"labels", series.labels}};
}

Json in_json(const Series& series, const Reduced& r) {
    auto made = in_json(series);
    made.update(Json{{"unit", r.unit}, {"count", r.count}, {"last", r.last}});
    if (r.kind == Kind::Counter)
        made["increase"] = r.increase;
    else
        made.update(Json{{"min", r.least}, {"max", r.most}, {"mean", r.mean}});
    return made;
}

Json in_json(const Pattern& p) {
    return {{"unit", p.unit},   {"priority", p.priority}, {"pattern", p.pattern}, {"count", p.count},
            {"first", p.first}, {"last", p.last},         {"example", p.example}};
}

Json in_json(const std::string& node, const std::pair<std::int64_t, std::int64_t>& span, const Shown& shown) {
    Json made{{"node", node},
              {"from", span.first},
              {"until", span.second},
              {"still", 0},
              {"left_out", 0},
              {"whole", false},
              {"series", Json::array()},
              {"gone", Json::array()},
              {"ended", true},
              {"patterns", Json::array()},
              {"others", Json::object()}};
    for (const auto& each : shown.windows) {
        for (const auto& [series, reduced] : each.series) made["series"].push_back(in_json(series, reduced));
        for (const auto& series : each.gone) made["gone"].push_back(in_json(series));
        if (each.span.part > 0) continue;
        made.update(Json{
            {"still", each.still}, {"left_out", each.left_out}, {"whole", each.whole}, {"ended", each.span.ended}});
    }
    for (const auto& each : shown.logs) {
        for (const auto& pattern : each.patterns) made["patterns"].push_back(in_json(pattern));
        for (const auto& [priority, count] : each.others) made["others"][std::to_string(priority)] = count;
    }
    return made;
}

Result<int> show_now(const TelemetryArguments& a) {
    const auto measured = measure(a.root, a.bus);
    for (const auto& [source, why] : measured.troubles)
        std::fprintf(stderr, "%s cannot be read: %s\n", source.c_str(), harmless(why).c_str());
    Json told = Json::array();
    std::map<Series, double> sorted;
    for (const auto& each : measured.samples) sorted[each.series] = each.value;
    for (const auto& [series, value] : sorted) {
        told.push_back({{"name", series.name}, {"labels", series.labels}, {"value", value}});
        if (!a.json) std::printf("%-84s %s\n", harmless(text(series)).c_str(), shortest(value).c_str());
    }
    if (a.json) std::puts(json::write(told).c_str());
    return 0;
}

}  // namespace

Result<int> show_telemetry(const TelemetryArguments& a) {
    if (a.now) return show_now(a);
    const auto nodes = TRY(TelemetryNodes::open(a.root));
    const auto [origin, who] = TRY(nodes.meant(a.node));
    auto feeds = TRY(feed::Store::open(feeds_file(a.root)));
    Last last(a.count);
    TRY(read_last(feeds, {origin, feed::Class::Telemetry}, last));
    Json told = Json::array();
    for (const auto& [span, shown] : last.all()) {
        if (a.json) {
            told.push_back(in_json(who.node, span, shown));
            continue;
        }
        const bool ended = shown.windows.empty() || shown.windows.front().span.ended;
        std::printf("%s  %s to %s%s\n", harmless(who.node).c_str(), date(span.first / thousand).c_str(),
                    date(span.second / thousand).c_str(), ended ? "" : ", cut short by the program's end");
        for (const auto& each : shown.windows) print(each);
        for (const auto& each : shown.logs) print(each);
    }
    if (a.json)
        std::puts(json::write(told).c_str());
    else if (last.all().empty())
        std::printf("%s has recorded nothing yet\n", harmless(who.node).c_str());
    return 0;
}

}  // namespace holdfast
