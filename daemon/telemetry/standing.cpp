#include "telemetry/standing.hpp"

#include "health/report.hpp"
#include "update/journal.hpp"

namespace holdfast::telemetry {

namespace {

namespace fs = std::filesystem;

}  // namespace

Result<> add_health(const fs::path& root, Samples& into) {
    const auto report = health::read_report(root);
    if (!report && report.error().code == Code::NotFound) return {};
    if (!report) return std::unexpected(report.error());
    into.push_back({{"holdfast_health_verdict", {{"verdict", std::string(health::text(report->verdict))}}}, 1});
    for (const auto& check : report->checks) {
        Labels labels{{"check", check.name}, {"kind", std::string(health::text(check.kind))}};
        into.push_back({{"holdfast_health_check_seconds", labels}, check.seconds});
        labels["answer"] = health::text(check.answer);
        into.push_back({{"holdfast_health_check", std::move(labels)}, 1});
    }
    return {};
}

Result<> add_update(const fs::path& root, Samples& into) {
    std::error_code none;
    if (!fs::exists(update::journal_file(root), none)) return {};
    const auto journal = TRY(update::read_journal(root));
    into.push_back({{"holdfast_update_state", {{"state", std::string(update::text(journal.state()))}}}, 1});
    into.push_back({{"holdfast_update_attempts", {}}, static_cast<double>(journal.attempts.size())});
    const auto* last = journal.current();
    if (!last) return {};
    Labels info{{"version", last->version}};
    if (last->slot != 0) info["slot"] = std::string(1, last->slot);
    into.push_back({{"holdfast_update_info", std::move(info)}, 1});
    into.push_back({{"holdfast_update_fetched_bytes", {}}, static_cast<double>(last->fetched)});
    return {};
}

}  // namespace holdfast::telemetry
