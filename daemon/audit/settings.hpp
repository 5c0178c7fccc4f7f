// What a site wants to be on record: /etc/holdfast/audit.yaml over /usr/lib/holdfast/audit.yaml.
#pragma once

#include "base/result.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::audit {

struct Settings {
    bool required = true;              // what cannot be put on record is not done
    std::vector<std::string> reasons;  // verbs that a person has to give a reason for; "update.*": all of these

    bool wants_reason(std::string_view verb) const;
};

// Keys: required (true, false), reasons (a list of verbs). Corrupt with file, line and key.
Result<Settings> load_settings(const std::filesystem::path& root);

}  // namespace holdfast::audit
