#include "enroll/report.hpp"

#include "base/crash_point.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

namespace holdfast::enroll {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t words_limit = 1024;

// What an authority says of a message once and for all. A status alone is nobody's word on it.
Result<Said> acknowledgement(const Line& line, const http::Answered& answered) {
    const auto body = json::parse(answered.body, answer_limit);
    const auto outcome = body && body->is_object() ? json::text(*body, "outcome", 16) : std::string();
    const std::string status = line.url + " answers with status " + std::to_string(answered.status);
    if (answered.status == 429 || answered.status >= 500) return fail(Code::Busy, status + "; later again");
    if (answered.status == 404) return fail(Code::NotFound, line.url + " does not know this box (any more)");
    const bool judged = outcome == "attested" || outcome == "untrusted" || outcome == "late";
    const bool refused = (answered.status == 400 || answered.status == 403) && outcome == "refused";
    if ((answered.status != 200 || !judged) && !refused) return fail(Code::Corrupt, status + ", which is no answer");
    if (body->contains("error"))
        return Said{{}, *outcome, valid_utf8(json::text(*body, "error", words_limit).value_or(""))};
    const auto reasons = reasons_in(answered.body);
    return Said{{}, *outcome, reasons.empty() ? "" : reasons.front()};
}

// Nothing where the file is no evidence, or went away for a newer one.
Result<std::optional<std::string>> evidence_in(const fs::path& file) {
    auto bytes = read_whole(file, request_limit);
    if (!bytes && bytes.error().code == Code::NotFound) return std::nullopt;
    if (!bytes && bytes.error().code != Code::Corrupt) return std::unexpected(bytes.error());
    if (bytes && parse_evidence(*bytes)) return *std::move(bytes);
    TRY(move_to(file, file.string() + ".damaged"));
    return std::nullopt;
}

Result<> take_off(const fs::path& file) {
    std::error_code failed;
    fs::remove(file, failed);
    if (failed) return std::unexpected(system_error(failed.value(), file, "removing"));
    TRY(sync_directory(file.parent_path()));
    crash_point("report.taken_off");
    return {};
}

class Run {
public:
    Run(http::Client& client, const Line& line, const Allowance& allowance)
        : client_(client), line_(line), left_(allowance), until_(std::chrono::steady_clock::now() + allowance.time) {}

    // Nothing where there was none in that file.
    Result<std::optional<Said>> send(const fs::path& file) {
        const auto evidence = TRY(evidence_in(file));
        if (!evidence) return std::nullopt;
        if (left_.messages == 0 || evidence->size() > left_.bytes || std::chrono::steady_clock::now() > until_)
            return fail(Code::Busy, "this is enough for once; the rest goes with the next report");
        --left_.messages;
        left_.bytes -= evidence->size();
        const auto answered = TRY(client_.post(
            {.url = line_.url + "/v1/evidence", .root_fingerprint = line_.fingerprint}, *evidence, answer_limit));
        auto said = TRY(acknowledgement(line_, answered));
        crash_point("report.acknowledged");
        said.file = file.filename().string();
        TRY(take_off(file));
        return std::optional(std::move(said));
    }

private:
    http::Client& client_;
    const Line& line_;
    Allowance left_;
    std::chrono::steady_clock::time_point until_;
};

}  // namespace

std::vector<std::string> reasons_in(std::string_view body) {
    std::vector<std::string> all;
    const auto said = json::parse(body, answer_limit);
    if (!said || !said->is_object() || !said->contains("checks") || !said->at("checks").is_array()) return all;
    for (const auto& check : said->at("checks"))
        if (const auto answer = json::text(check, "answer", 16); answer && *answer != "yes")
            all.push_back(valid_utf8(json::text(check, "name", 64).value_or("?") + ": " +
                                     json::text(check, "reason", words_limit).value_or("?")));
    return all;
}

Reported report(const EvidenceSpool& spool, http::Client& client, const Line& line, const Allowance& allowance) {
    Reported reported;
    Run run(client, line, allowance);
    for (const auto& file : spool.waiting()) {
        auto said = run.send(file);
        if (!said) {
            reported.stopped = std::move(said).error();
            break;
        }
        if (*said) reported.said.push_back(**std::move(said));
    }
    reported.waiting = spool.waiting().size();
    return reported;
}

Result<Heeded> fetch_list(const Node& node, http::Client& client, const Line& line, std::int64_t now) {
    const auto list = TRY(
        client.fetch_whole({.url = line.url + "/v1/crl", .root_fingerprint = line.fingerprint}, identity::crl_limit));
    return in(line.url, node.heed(list, now));
}

}  // namespace holdfast::enroll
