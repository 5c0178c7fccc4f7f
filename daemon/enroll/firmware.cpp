#include "enroll/firmware.hpp"

#include <algorithm>
#include <utility>

namespace holdfast::enroll {

namespace {

constexpr unsigned firmware_pcrs[] = {0, 2};

constexpr std::pair<FirmwarePolicy, std::string_view> policies[] = {
    {FirmwarePolicy::Pinned, "pinned"}, {FirmwarePolicy::AllowList, "allow-list"}, {FirmwarePolicy::Any, "any"}};

}  // namespace

std::string_view text(FirmwarePolicy policy) {
    return std::ranges::find(policies, policy, &std::pair<FirmwarePolicy, std::string_view>::first)->second;
}

std::optional<FirmwarePolicy> firmware_policy(std::string_view text) {
    for (const auto& [policy, name] : policies)
        if (name == text) return policy;
    return std::nullopt;
}

tpm::Pcrs firmware_in(const tpm::Pcrs& pcrs) {
    tpm::Pcrs found;
    for (const unsigned number : firmware_pcrs)
        if (const auto here = pcrs.find(number); here != pcrs.end()) found.insert(*here);
    return found;
}

std::optional<Digest> firmware_digest(const tpm::Pcrs& pcrs) {
    const auto found = firmware_in(pcrs);
    if (found.size() != std::size(firmware_pcrs)) return std::nullopt;
    Sha256 both;
    for (const auto& [number, value] : found) both.add(value);
    return both.finish();
}

}  // namespace holdfast::enroll
