#include "telemetry/otlp.hpp"

namespace holdfast::telemetry {

namespace {

constexpr int delta = 1;               // AggregationTemporality
constexpr std::uint32_t no_value = 1;  // DataPointFlags: no recorded value
constexpr auto scope_name = "holdfast";

// 64 bits are texts in this mapping.
std::string nanoseconds(std::int64_t milliseconds) {
    return std::to_string(milliseconds < 0 ? 0 : milliseconds) + "000000";
}

Json attribute(const std::string& key, const std::string& value) {
    return {{"key", key}, {"value", {{"stringValue", value}}}};
}
Json count_attribute(const std::string& key, std::uint64_t value) {
    return {{"key", key}, {"value", {{"intValue", std::to_string(value)}}}};
}

Json resource_of(const Resource& of) {
    Json all{attribute("service.name", "holdfast"), attribute("holdfast.node", of.node)};
    if (!of.host.empty()) all.push_back(attribute("host.name", of.host));
    if (!of.site.empty()) all.push_back(attribute("holdfast.site", of.site));
    return {{"attributes", std::move(all)}};
}

// The first part of a record tells what holds for all of them.
Json scope_of(const Span& span) {
    return {{"name", scope_name},
            {"version", HOLDFAST_VERSION},
            {"attributes", {{{"key", "holdfast.window.ended"}, {"value", {{"boolValue", span.ended}}}}}}};
}

Json point(const Span& span, const Series& series) {
    Json attributes = Json::array();
    for (const auto& [label, value] : series.labels) attributes.push_back(attribute(label, value));
    return {{"attributes", std::move(attributes)},
            {"startTimeUnixNano", nanoseconds(span.from)},
            {"timeUnixNano", nanoseconds(span.until)}};
}

Json last_point(const Span& span, const Series& series, double value) {
    auto made = point(span, series);
    made["asDouble"] = value;
    return made;
}

Json histogram_point(const Span& span, const Series& series, const Reduced& r) {
    auto made = point(span, series);
    made.update(Json{{"count", std::to_string(r.count)},
                     {"min", r.least},
                     {"max", r.most},
                     {"bucketCounts", {std::to_string(r.count)}},
                     {"explicitBounds", Json::array()}});
    // A sum is not told where something was below zero, as the protocol has it.
    if (r.least >= 0) made["sum"] = r.mean * static_cast<double>(r.count);
    return made;
}

// Points gathered by metric, in the order in which the metrics come first.
class Metrics {
public:
    Json& points(const std::string& name, const std::string& unit, const char* as, bool of_time) {
        if (const auto found = places_.find(name); found != places_.end()) return all_[found->second][as]["dataPoints"];
        places_[name] = all_.size();
        Json data{{"dataPoints", Json::array()}};
        if (of_time) data["aggregationTemporality"] = delta;
        if (std::string_view(as) == "sum") data["isMonotonic"] = true;
        const auto* known = metric(name);
        Json made{{"name", name}, {"unit", unit}, {as, std::move(data)}};
        if (known) made["description"] = known->help;
        all_.push_back(std::move(made));
        return all_.back()[as]["dataPoints"];
    }
    Json take() { return std::move(all_); }

private:
    Json all_ = Json::array();
    std::map<std::string, std::size_t> places_;
};

void add_gone(Metrics& into, const Span& span, const Series& series) {
    // One that a newer version knows may be a counter; a gauge without a value harms nobody.
    const auto* known = metric(series.name);
    const bool counter = known && known->kind == Kind::Counter;
    auto gone = point(span, series);
    gone["flags"] = no_value;
    into.points(series.name, known ? std::string(known->unit) : "", counter ? "sum" : "gauge", counter)
        .push_back(std::move(gone));
}

}  // namespace

Json metrics_request(const Resource& resource, const WindowRecord& record) {
    Metrics all;
    for (const auto& [series, r] : record.series) {
        if (r.kind == Kind::Counter) {
            all.points(series.name, r.unit, "sum", true).push_back(last_point(record.span, series, r.increase));
            continue;
        }
        all.points(series.name, r.unit, "gauge", false).push_back(last_point(record.span, series, r.last));
        all.points(series.name + "_window", r.unit, "histogram", true)
            .push_back(histogram_point(record.span, series, r));
    }
    for (const auto& series : record.gone) add_gone(all, record.span, series);
    return {{"resourceMetrics",
             {{{"resource", resource_of(resource)},
               {"scopeMetrics", {{{"scope", scope_of(record.span)}, {"metrics", all.take()}}}}}}}};
}

namespace {

struct Severity {
    int number;
    const char* text;
};
// The data model of OpenTelemetry's logs, appendix B: syslog.
constexpr Severity severities[] = {{21, "emerg"},   {19, "alert"},  {18, "crit"}, {17, "err"},
                                   {13, "warning"}, {10, "notice"}, {9, "info"},  {5, "debug"}};

Json log_record(const Span& span, int priority, std::int64_t at, const std::string& body) {
    const auto& severity = severities[priority];
    return {{"timeUnixNano", nanoseconds(at)},
            {"observedTimeUnixNano", nanoseconds(span.until)},
            {"severityNumber", severity.number},
            {"severityText", severity.text},
            {"body", {{"stringValue", body}}}};
}

}  // namespace

Json logs_request(const Resource& resource, const LogsRecord& record) {
    Json all = Json::array();
    for (const auto& pattern : record.patterns) {
        auto made = log_record(record.span, pattern.priority, pattern.last, pattern.example);
        made["attributes"] = {
            attribute("holdfast.unit", pattern.unit), attribute("holdfast.pattern", pattern.pattern),
            count_attribute("holdfast.count", pattern.count),
            count_attribute("holdfast.first_ms", static_cast<std::uint64_t>(std::max<std::int64_t>(pattern.first, 0)))};
        all.push_back(std::move(made));
    }
    for (const auto& [priority, count] : record.others) {
        auto made = log_record(record.span, priority, record.span.until, "messages of other patterns");
        made["attributes"] = {attribute("holdfast.pattern", ""), count_attribute("holdfast.count", count)};
        all.push_back(std::move(made));
    }
    return {{"resourceLogs",
             {{{"resource", resource_of(resource)},
               {"scopeLogs", {{{"scope", scope_of(record.span)}, {"logRecords", std::move(all)}}}}}}}};
}

}  // namespace holdfast::telemetry
