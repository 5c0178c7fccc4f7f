// Debian control files (deb822(5), Debian Policy 5.1): dpkg's status, apt's Packages lists, machine-readable copyright
// files.
#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdfast::sbom {

inline constexpr std::size_t paragraph_limit = 4UL * 1024 * 1024;  // bytes of one paragraph
inline constexpr std::size_t fields_limit = 256;                   // fields of one paragraph

// One paragraph: views into the text that was parsed, which must outlive it.
class Paragraph {
public:
    // The value with its continuation lines as they stand, without blanks at either end; empty where there is no such
    // field. Field names know no upper and lower case.
    std::string_view field(std::string_view name) const;
    bool has(std::string_view name) const;
    const std::vector<std::pair<std::string_view, std::string_view>>& fields() const { return fields_; }

private:
    friend class ControlReader;
    std::vector<std::pair<std::string_view, std::string_view>> fields_;
};

// Goes through the paragraphs in order and ends with the first error of `each`. Corrupt, with the line number, for a
// line that is neither field, continuation nor comment, for a field twice in one paragraph, and beyond the limits.
Result<> each_paragraph(std::string_view text, const std::function<Result<>(const Paragraph&)>& each);

// What dpkg's status says of one package that has files on the system.
struct Installed {
    std::string name, version, architecture;
    std::string source, source_version;
    std::string maintainer, homepage, summary;
    std::vector<std::vector<std::string>> depends;  // Pre-Depends and Depends: each one of several names
    std::vector<std::string> provides;
};

// The installed packages by name, version and architecture. Corrupt where a package lacks a name, a version or an
// architecture, holds a character that Policy 5.6 does not allow there, or stands twice.
Result<std::vector<Installed>> parse_status(std::string_view text);

}  // namespace holdfast::sbom
