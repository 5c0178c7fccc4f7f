// greenboot's directories and configuration, read as they are, so that existing scripts need no change.
#pragma once

#include "base/result.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::health {

// The scripts (*.sh) of one stage, such as "check/required.d", from `root`/usr/lib/greenboot and
// `root`/etc/greenboot, in lexical order of their names. One in /etc replaces the one of the same name in
// /usr, and a link to /dev/null there removes it. A directory that is not there is empty.
Result<std::vector<std::filesystem::path>> scripts(const std::filesystem::path& root, std::string_view stage);

// What `root`/etc/greenboot/greenboot.conf says to us.
struct Settings {
    std::vector<std::string> disabled;  // DISABLED_HEALTHCHECKS: file names of checks that do not run
    std::vector<std::string> notices;   // for people: settings that mean nothing here
};

// The assignments of the file, which greenboot has bash source: KEY=word, KEY="words", KEY=(words …), the last
// also over several lines. Never fails: a line that is no assignment becomes a notice.
Settings parse_settings(std::string_view text);
// No file: empty settings. Corrupt where it is larger than 64 KiB.
Result<Settings> load_settings(const std::filesystem::path& root);

}  // namespace holdfast::health
