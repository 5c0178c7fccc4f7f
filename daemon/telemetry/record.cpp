#include "telemetry/record.hpp"

#include "base/cbor.hpp"

#include <algorithm>
#include <cmath>

namespace holdfast::telemetry {

namespace {

constexpr std::uint64_t format = 1;
constexpr std::size_t text_limit = 4096, labels_limit = 64;
constexpr std::uint64_t parts_limit = 65'536;

// ---- writing -------------------------------------------------------------------------------------------------------

// Whole numbers take fewer bytes as integers, and -0 is none.
Json number(double value) {
    constexpr double exact = 9'007'199'254'740'992.0;  // 2^53
    if (std::abs(value) < exact && std::trunc(value) == value) return static_cast<std::int64_t>(value);
    return value;
}

Json head(const Span& span) {
    Json made{{"format", format}, {"from", span.from}, {"until", span.until}};
    if (!span.ended) made["ended"] = false;
    if (span.parts > 1) made.update(Json{{"part", span.part}, {"parts", span.parts}});
    return made;
}

Json labels(const Series& series) {
    Json made = Json::object();
    for (const auto& [label, value] : series.labels) made[label] = value;
    return made;
}

Json row(const Series& series, const Reduced& r) {
    Json made{labels(series), r.count, number(r.last)};
    if (r.kind == Kind::Counter)
        made.push_back(number(r.increase));
    else
        for (const double each : {r.least, r.most, r.mean}) made.push_back(number(each));
    return made;
}

// By metric, so that name and unit are there once: [name, kind, unit, [[labels, …], …]].
Json rows(const ReducedSeries& all) {
    Json made = Json::array();
    for (const auto& [series, reduced] : all) {
        if (made.empty() || made.back()[0] != series.name)
            made.push_back(
                {series.name, reduced.kind == Kind::Counter ? "counter" : "gauge", reduced.unit, Json::array()});
        made.back()[3].push_back(row(series, reduced));
    }
    return made;
}

std::string encode(const WindowRecord& record) {
    Json made = head(record.span);
    made.update(Json{{"samples", record.samples}, {"still", record.still}, {"metrics", rows(record.series)}});
    if (record.whole) made["whole"] = true;
    if (record.left_out > 0) made["left_out"] = Json{{"count", record.left_out}, {"some", record.examples}};
    for (const auto& series : record.gone) made["gone"].push_back({series.name, labels(series)});
    return cbor::write(made);
}

std::string encode(const LogsRecord& record) {
    Json made = head(record.span), patterns = Json::array();
    for (const auto& p : record.patterns)
        patterns.push_back({p.unit, p.priority, p.pattern, p.count, p.first, p.last, p.example});
    made["patterns"] = std::move(patterns);
    for (const auto& [priority, count] : record.others) made["others"].push_back({priority, count});
    return cbor::write(made);
}

// The second half of it. What is told of all of the record stays with the first.
WindowRecord take_half(WindowRecord& record) {
    WindowRecord rest{.span = record.span, .whole = record.whole, .samples = record.samples};
    if (record.series.size() > 1) {
        auto middle = record.series.begin();
        std::advance(middle, record.series.size() / 2);
        while (middle != record.series.end()) rest.series.insert(record.series.extract(middle++));
        return rest;
    }
    const auto stay = record.series.empty() ? record.gone.size() / 2 : 0;
    const auto middle = record.gone.begin() + static_cast<std::ptrdiff_t>(stay);
    rest.gone.assign(middle, record.gone.end());
    record.gone.erase(middle, record.gone.end());
    return rest;
}
std::size_t entries(const WindowRecord& record) {
    return record.series.size() + record.gone.size();
}

LogsRecord take_half(LogsRecord& record) {
    const auto middle = record.patterns.begin() + static_cast<std::ptrdiff_t>(record.patterns.size() / 2);
    LogsRecord rest{.span = record.span, .patterns = {middle, record.patterns.end()}};
    record.patterns.erase(middle, record.patterns.end());
    return rest;
}
std::size_t entries(const LogsRecord& record) {
    return record.patterns.size();
}

// Halved until each of them fits, in their order.
template <class Record>
void divide(Record record, std::size_t limit, std::vector<Record>& into) {
    if (entries(record) < 2 || encode(record).size() <= limit) {
        into.push_back(std::move(record));
        return;
    }
    auto rest = take_half(record);
    divide(std::move(record), limit, into);
    divide(std::move(rest), limit, into);
}

template <class Record>
std::vector<std::string> write(const Record& record, std::size_t limit) {
    constexpr std::size_t numbers = 24;  // what the numbers of the parts take
    std::vector<Record> parts;
    divide(record, limit > numbers ? limit - numbers : 0, parts);
    std::vector<std::string> all;
    for (auto& each : parts) {
        each.span.part = all.size();
        each.span.parts = parts.size();
        all.push_back(encode(each));
    }
    return all;
}

// ---- reading -------------------------------------------------------------------------------------------------------

std::unexpected<Error> wrong(const std::string& what) {
    return fail(Code::Corrupt, "a record of telemetry with " + what);
}

Result<std::uint64_t> count_at(const Json& value, const char* key, std::uint64_t otherwise) {
    return value.contains(key) ? cbor::count(value, key) : Result<std::uint64_t>(otherwise);
}

Result<std::int64_t> time_of(const Json& value) {
    constexpr std::int64_t most = 1'000'000'000'000'000;  // the year 33658
    if (!value.is_number_integer()) return wrong("a time that is no number");
    if (value.is_number_unsigned() && value.get<std::uint64_t>() > most) return wrong("a time that cannot be");
    const auto time = value.get<std::int64_t>();
    return time < -most ? Result<std::int64_t>(wrong("a time that cannot be")) : time;
}

Result<std::uint64_t> whole_of(const Json& value) {
    if (!value.is_number_unsigned()) return wrong("a count that is none");
    return value.get<std::uint64_t>();
}

Result<double> number_of(const Json& value) {
    if (!value.is_number()) return wrong("a value that is no number");
    return value.get<double>();
}

Result<std::string> text_of(const Json& value) {
    if (!value.is_string() || value.get_ref<const std::string&>().size() > text_limit)
        return wrong("a text that is none, or too long");
    return value.get<std::string>();
}

Result<int> priority_of(const Json& value) {
    const auto number = TRY(whole_of(value));
    if (number >= debug) return wrong("a priority that is none");
    return static_cast<int>(number);
}

// The array under a key; an empty one where it is missing.
Result<Json> array_at(const Json& value, const char* key) {
    const auto found = value.find(key);
    if (found == value.end()) return Json::array();
    if (!found->is_array()) return wrong(std::string("something under '") + key + "' that is no list");
    return *found;
}

Result<> need(const Json& value, std::size_t least) {
    if (!value.is_array() || value.size() < least) return wrong("a row that is too short");
    return {};
}

Result<Json> document(std::string_view payload) {
    auto value = TRY(cbor::parse(payload, read_limit));
    if (!value.is_object() || TRY(cbor::count(value, "format")) != format)
        return wrong("another format than " + std::to_string(format));
    return value;
}

Result<Span> span_of(const Json& value) {
    Span span;
    if (!value.contains("from") || !value.contains("until")) return wrong("no beginning or no end");
    span.from = TRY(time_of(value["from"]));
    span.until = TRY(time_of(value["until"]));
    if (const auto ended = value.find("ended"); ended != value.end()) span.ended = *ended != false;
    span.part = TRY(count_at(value, "part", 0));
    span.parts = TRY(count_at(value, "parts", 1));
    if (span.parts > parts_limit || span.part >= span.parts) return wrong("a part that cannot be");
    return span;
}

bool is_name(std::string_view text, bool colon) {
    const auto fits = [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
               (colon && c == ':');
    };
    return !text.empty() && std::ranges::all_of(text, fits) && !(text[0] >= '0' && text[0] <= '9');
}

// Names as Prometheus takes them.
Result<Series> series_of(const Json& name, const Json& with) {
    Series series{TRY(text_of(name)), {}};
    if (!is_name(series.name, true) || !with.is_object() || with.size() > labels_limit)
        return wrong("a name or labels that are none");
    for (const auto& [label, value] : with.items()) {
        if (!is_name(label, false)) return wrong("a label that is none");
        series.labels[label] = TRY(text_of(value));
    }
    return series;
}

Result<Reduced> reduced_of(const Json& row, Kind kind, const std::string& unit) {
    constexpr std::size_t of_counter = 4, of_gauge = 6;
    TRY(need(row, kind == Kind::Counter ? of_counter : of_gauge));
    Reduced made{.kind = kind, .unit = unit};
    made.count = TRY(whole_of(row[1]));
    made.last = TRY(number_of(row[2]));
    if (kind == Kind::Counter) {
        made.increase = TRY(number_of(row[3]));
        return made;
    }
    made.least = TRY(number_of(row[3]));
    made.most = TRY(number_of(row[4]));
    made.mean = TRY(number_of(row[5]));
    return made;
}

Result<> add_metric(const Json& value, ReducedSeries& into) {
    TRY(need(value, 4));
    const auto word = TRY(text_of(value[1]));
    if (word != "gauge" && word != "counter") return wrong("a kind of metric that is none");
    const auto unit = TRY(text_of(value[2]));
    if (!value[3].is_array()) return wrong("a metric without rows");
    for (const auto& row : value[3]) {
        TRY(need(row, 1));
        auto series = TRY(series_of(value[0], row[0]));
        auto reduced = TRY(reduced_of(row, word == "counter" ? Kind::Counter : Kind::Gauge, unit));
        if (!into.emplace(std::move(series), std::move(reduced)).second) return wrong("a series that is there twice");
    }
    return {};
}

Result<> read_left_out(const Json& value, WindowRecord& into) {
    if (!value.is_object()) return wrong("something left out that is none");
    into.left_out = TRY(cbor::count(value, "count"));
    for (const auto& each : TRY(array_at(value, "some"))) into.examples.push_back(TRY(text_of(each)));
    return {};
}

Result<Pattern> pattern_in(const Json& row) {
    TRY(need(row, 7));
    Pattern made;
    made.unit = TRY(text_of(row[0]));
    made.priority = TRY(priority_of(row[1]));
    made.pattern = TRY(text_of(row[2]));
    made.count = TRY(whole_of(row[3]));
    made.first = TRY(time_of(row[4]));
    made.last = TRY(time_of(row[5]));
    made.example = TRY(text_of(row[6]));
    return made;
}

}  // namespace

std::vector<std::string> write_window(const WindowRecord& record, std::size_t limit) {
    return write(record, limit);
}

std::vector<std::string> write_logs(const LogsRecord& record, std::size_t limit) {
    return write(record, limit);
}

Result<WindowRecord> parse_window(std::string_view payload) {
    const auto value = TRY(document(payload));
    WindowRecord made{.span = TRY(span_of(value))};
    made.samples = TRY(count_at(value, "samples", 0));
    made.still = TRY(count_at(value, "still", 0));
    if (const auto whole = value.find("whole"); whole != value.end()) made.whole = *whole == true;
    if (const auto left = value.find("left_out"); left != value.end()) TRY(read_left_out(*left, made));
    for (const auto& each : TRY(array_at(value, "metrics"))) TRY(add_metric(each, made.series));
    for (const auto& each : TRY(array_at(value, "gone"))) {
        TRY(need(each, 2));
        made.gone.push_back(TRY(series_of(each[0], each[1])));
    }
    return made;
}

Result<LogsRecord> parse_logs(std::string_view payload) {
    const auto value = TRY(document(payload));
    LogsRecord made{.span = TRY(span_of(value))};
    for (const auto& each : TRY(array_at(value, "patterns"))) made.patterns.push_back(TRY(pattern_in(each)));
    for (const auto& each : TRY(array_at(value, "others"))) {
        TRY(need(each, 2));
        const auto priority = TRY(priority_of(each[0]));
        made.others[priority] = TRY(whole_of(each[1]));
    }
    return made;
}

}  // namespace holdfast::telemetry
