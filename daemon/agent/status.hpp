// Everything that a box says about itself, observed in one go.
#pragma once

#include "agent/release.hpp"
#include "boot/slots.hpp"
#include "health/report.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace holdfast::agent {

struct Status {
    std::optional<Release> release;
    std::optional<boot::Slot> slot;
    std::optional<std::string> commit;
    boot::SecureBoot secure_boot = boot::SecureBoot::Unknown;
    boot::Tpm tpm = boot::Tpm::Absent;
    health::Report health;
    std::vector<std::string> gaps;  // what could not be observed, and why
};

// Never fails: what cannot be seen stays empty and is named in `gaps`. Does not touch the ESP.
Status observe(const std::filesystem::path& root);

// The health part alone, for when a new report has come.
void observe_health(Status& status, const std::filesystem::path& root);

// Tries left of `slot` now, -1 where it is not counted or that cannot be told. May mount the ESP.
int tries_left(const std::filesystem::path& root, const std::optional<boot::Slot>& slot);

// The sentence behind the verdict, with the gaps.
std::string explanation(const Status& status);

}  // namespace holdfast::agent
