#include "agent/status.hpp"

#include "base/text.hpp"

namespace holdfast::agent {

namespace {

template <class T>
std::optional<T> seen(Result<T> result, std::vector<std::string>& gaps) {
    if (result) return *std::move(result);
    gaps.push_back(std::move(result).error().what);
    return std::nullopt;
}

}  // namespace

Status observe(const std::filesystem::path& root) {
    Status status;
    status.release = seen(load_release(root), status.gaps);
    status.slot = seen(boot::booted_slot(root), status.gaps);
    if (status.slot) status.commit = seen(boot::slot_commit(root, *status.slot), status.gaps);
    status.secure_boot = boot::secure_boot(root);
    status.tpm = boot::tpm(root);
    observe_health(status, root);
    return status;
}

void observe_health(Status& status, const std::filesystem::path& root) {
    auto report = health::read_report(root);
    if (report)
        status.health = *std::move(report);
    else if (report.error().code == Code::NotFound)
        status.health = {health::Verdict::Unknown, "the health checks have not finished yet", {}};
    else
        status.health = {health::Verdict::Unknown, "the health report cannot be read: " + report.error().what, {}};
}

int tries_left(const std::filesystem::path& root, const std::optional<boot::Slot>& slot) {
    const auto standing = slot ? boot::standing_now(root, *slot) : boot::standing_at_boot(root);
    const auto* tries = std::get_if<boot::Tries>(&standing);
    return tries ? static_cast<int>(tries->left) : -1;
}

std::string explanation(const Status& status) {
    std::string text = status.health.explanation;
    if (!status.gaps.empty()) text += "; unknown: " + join(status.gaps, "; ");
    return text;
}

}  // namespace holdfast::agent
