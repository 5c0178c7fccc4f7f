#include "health/report.hpp"

#include "base/file.hpp"
#include "base/json.hpp"

namespace holdfast::health {

namespace {

constexpr std::size_t report_limit = 4 * mebibyte;
constexpr std::size_t checks_limit = 1000;
constexpr std::size_t text_limit = 4096;

Json check_to_json(const Outcome& check) {
    return {{"name", check.name},
            {"kind", text(check.kind)},
            {"answer", text(check.answer)},
            {"last_words", check.last_words},
            {"seconds", check.seconds}};
}

Result<Outcome> parse_check(const Json& value) {
    TRY(json::only(value, {"name", "kind", "answer", "last_words", "seconds"}));
    Outcome check;
    check.name = TRY(json::text(value, "name", text_limit));
    check.last_words = TRY(json::text(value, "last_words", text_limit));
    check.seconds = TRY(json::number(value, "seconds"));
    const auto kind = parse_kind(TRY(json::text(value, "kind", text_limit)));
    const auto answer = parse_answer(TRY(json::text(value, "answer", text_limit)));
    if (!kind || !answer) return fail(Code::Corrupt, "a check of unknown kind or answer");
    check.kind = *kind;
    check.answer = *answer;
    return check;
}

}  // namespace

std::string to_json(const Report& report) {
    Json checks = Json::array();
    for (const auto& check : report.checks) checks.push_back(check_to_json(check));
    const Json value{{"format", 1},
                     {"verdict", text(report.verdict)},
                     {"explanation", report.explanation},
                     {"checks", std::move(checks)}};
    return json::write(value);
}

Result<Report> parse_report(std::string_view bytes) {
    const Json value = TRY(json::parse(bytes, report_limit));
    TRY(json::only(value, {"format", "verdict", "explanation", "checks"}));
    if (TRY(json::number(value, "format")) != 1) return fail(Code::Corrupt, "format: only 1 is known");
    Report report;
    const auto verdict = parse_verdict(TRY(json::text(value, "verdict", text_limit)));
    if (!verdict) return fail(Code::Corrupt, "verdict: none of unknown, green, red");
    report.verdict = *verdict;
    report.explanation = TRY(json::text(value, "explanation", mebibyte));
    const auto checks = value.find("checks");
    if (checks == value.end() || !checks->is_array() || checks->size() > checks_limit)
        return fail(Code::Corrupt, "checks: must be a list of at most 1000");
    for (const auto& each : *checks) report.checks.push_back(TRY(parse_check(each)));
    return report;
}

Result<> write_report(const std::filesystem::path& root, const Report& report) {
    TRY(make_directories(root / report_directory));
    return write_whole(root / report_directory / report_name, to_json(report));
}

Result<Report> read_report(const std::filesystem::path& root) {
    const auto file = root / report_directory / report_name;
    return in(file.string(), parse_report(TRY(read_whole(file, report_limit))));
}

}  // namespace holdfast::health
