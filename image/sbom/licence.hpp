// Machine-readable copyright files (DEP-5, "Machine-readable debian/copyright file" 1.0) as SPDX licence expressions.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::sbom {

inline constexpr std::size_t copyright_limit = 4UL * 1024 * 1024;  // bytes of a copyright file

// A licence that SPDX has no identifier for.
struct ExtractedLicence {
    std::string id;    // LicenseRef-…; the same for the same name and text
    std::string name;  // as the copyright file calls it; may be empty
    std::string text;  // empty where the file gives none
};

struct Licence {
    std::string expression;                   // SPDX 2.3 annex D; empty: the file does not say, or not to a machine
    std::vector<ExtractedLicence> extracted;  // one for every LicenseRef of the expression
};

// The licences of all files of a package, joined with AND. Never fails: a file that is not in the format, is malformed
// or is beyond the limit is one that does not say.
Licence parse_copyright(std::string_view text);

// The SPDX identifier (or expression) for one of Debian's short names, such as "GPL-2+" or "Expat". Nothing where the
// two do not surely mean the same.
std::optional<std::string> spdx_licence(std::string_view short_name);

// The SPDX identifier for the words between "with" and "exception".
std::optional<std::string> spdx_exception(std::string_view words);

}  // namespace holdfast::sbom
