// What a site wants of identities: /etc/holdfast/identity.yaml over /usr/lib/holdfast/identity.yaml.
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <filesystem>

namespace holdfast::identity {

struct Settings {
    std::int64_t grace = 365LL * 86'400;   // seconds for which a certificate that ran out is believed all the same
    std::int64_t warning = 30LL * 86'400;  // seconds before its end from which people are told
    bool authority = false;                // whether this box asks for an authority of its own, for its workloads
};

// Keys: grace-days (0 to 3650), warning-days (0 to 365), authority (true, false). Corrupt with file, line and key.
Result<Settings> load_settings(const std::filesystem::path& root);

}  // namespace holdfast::identity
