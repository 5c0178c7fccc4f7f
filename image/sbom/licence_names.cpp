// Debian's short names for licences (DEP-5 section 7.1) and the identifiers of the SPDX License List 3.24.
#include "sbom/licence.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace holdfast::sbom {

namespace {

// Identifiers that Debian's copyright files use as SPDX spells them, bar upper and lower case.
constexpr const char* identifiers[] = {
    "0BSD",
    "AFL-1.1",
    "AFL-1.2",
    "AFL-2.0",
    "AFL-2.1",
    "AFL-3.0",
    "Apache-1.0",
    "Apache-1.1",
    "Apache-2.0",
    "APSL-2.0",
    "Artistic-1.0",
    "Artistic-1.0-cl8",
    "Artistic-1.0-Perl",
    "Artistic-2.0",
    "Beerware",
    "blessing",
    "BlueOak-1.0.0",
    "BSD-1-Clause",
    "BSD-2-Clause",
    "BSD-2-Clause-NetBSD",
    "BSD-2-Clause-Patent",
    "BSD-2-Clause-Views",
    "BSD-3-Clause",
    "BSD-3-Clause-Attribution",
    "BSD-3-Clause-Clear",
    "BSD-3-Clause-LBNL",
    "BSD-4-Clause",
    "BSD-4-Clause-UC",
    "BSD-Source-Code",
    "BSL-1.0",
    "bzip2-1.0.6",
    "CC-BY-2.0",
    "CC-BY-2.5",
    "CC-BY-3.0",
    "CC-BY-4.0",
    "CC-BY-SA-2.0",
    "CC-BY-SA-2.5",
    "CC-BY-SA-3.0",
    "CC-BY-SA-4.0",
    "CC0-1.0",
    "CDDL-1.0",
    "CDDL-1.1",
    "CECILL-2.0",
    "CECILL-2.1",
    "CECILL-B",
    "CECILL-C",
    "CPL-1.0",
    "curl",
    "EFL-1.0",
    "EFL-2.0",
    "EPL-1.0",
    "EPL-2.0",
    "EUPL-1.1",
    "EUPL-1.2",
    "FSFAP",
    "FSFUL",
    "FSFULLR",
    "FSFULLRWD",
    "FTL",
    "HPND",
    "HPND-sell-variant",
    "ICU",
    "IJG",
    "Info-ZIP",
    "Intel",
    "IPL-1.0",
    "ISC",
    "JSON",
    "Kazlib",
    "Latex2e",
    "libpng-2.0",
    "libtiff",
    "Linux-OpenIB",
    "LPL-1.02",
    "LPPL-1.0",
    "LPPL-1.1",
    "LPPL-1.2",
    "LPPL-1.3a",
    "LPPL-1.3c",
    "MirOS",
    "MIT",
    "MIT-0",
    "MIT-advertising",
    "MIT-CMU",
    "MIT-feh",
    "MIT-Modern-Variant",
    "MPL-1.0",
    "MPL-1.1",
    "MPL-2.0",
    "MS-PL",
    "MS-RL",
    "NCSA",
    "NTP",
    "OFL-1.0",
    "OFL-1.1",
    "OGC-1.0",
    "OLDAP-2.8",
    "OpenSSL",
    "OSL-3.0",
    "PHP-3.01",
    "PostgreSQL",
    "PSF-2.0",
    "Python-2.0",
    "QPL-1.0",
    "RSA-MD",
    "Ruby",
    "SGI-B-2.0",
    "Sleepycat",
    "SMLNJ",
    "Spencer-86",
    "Spencer-94",
    "Spencer-99",
    "SunPro",
    "TCL",
    "TCP-wrappers",
    "TU-Berlin-1.0",
    "Unicode-DFS-2015",
    "Unicode-DFS-2016",
    "Unicode-TOU",
    "Unlicense",
    "UPL-1.0",
    "Vim",
    "W3C",
    "WTFPL",
    "X11",
    "Xerox",
    "XFree86-1.1",
    "Zlib",
    "ZPL-2.0",
    "ZPL-2.1",
};

struct Alias {
    std::string_view debian;  // lower case
    const char* spdx;
};

// Other names for the same text. /usr/share/common-licenses/Artistic is Perl's variant (its clause 8 on embedding).
constexpr Alias aliases[] = {
    {"apache-2", "Apache-2.0"},
    {"artistic", "Artistic-1.0-Perl"},
    {"artistic-2", "Artistic-2.0"},
    {"boost-1.0", "BSL-1.0"},
    {"bsd-2", "BSD-2-Clause"},
    {"bsd-3", "BSD-3-Clause"},
    {"bsl-1", "BSL-1.0"},
    {"cc0", "CC0-1.0"},
    {"expat", "MIT"},
    {"lppl-1.3", "LPPL-1.3c"},
    {"mpl-1", "MPL-1.0"},
    {"mpl-2", "MPL-2.0"},
    {"openldap-2.8", "OLDAP-2.8"},
    {"perl", "GPL-1.0-or-later OR Artistic-1.0-Perl"},
    {"psf-2", "PSF-2.0"},
    {"python", "Python-2.0"},
    {"w3c-software", "W3C"},
};

constexpr Alias exceptions[] = {
    {"autoconf generic", "Autoconf-exception-generic"},
    {"bison", "Bison-exception-2.2"},
    {"bison-2.2", "Bison-exception-2.2"},
    {"bootloader", "Bootloader-exception"},
    {"classpath", "Classpath-exception-2.0"},
    {"font", "Font-exception-2.0"},
    {"gcc runtime library", "GCC-exception-3.1"},
    {"libtool", "Libtool-exception"},
    {"linux-syscall-note", "Linux-syscall-note"},
    {"llvm", "LLVM-exception"},
};

// The families of the Free Software Foundation, whose names carry a version and "or later".
struct Family {
    std::string_view prefix;  // lower case
    const char* spdx;
    const char* variant;                    // between version and "only" or "or-later"
    std::span<const char* const> versions;  // the first one is what "no version named" begins with
};

constexpr const char* gpl[] = {"1.0", "2.0", "3.0"};
constexpr const char* lgpl[] = {"2.0", "2.1", "3.0"};
constexpr const char* agpl[] = {"3.0"};
constexpr const char* gfdl[] = {"1.1", "1.2", "1.3"};
constexpr Family families[] = {{"gfdl-niv", "GFDL", "-no-invariants", gfdl},
                               {"gfdl", "GFDL", "", gfdl},
                               {"agpl", "AGPL", "", agpl},
                               {"lgpl", "LGPL", "", lgpl},
                               {"gpl", "GPL", "", gpl}};

std::string lower(std::string_view text) {
    std::string result(text);
    for (char& letter : result)
        if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
    return result;
}

// "-2.1", "v3", "-v2" without what stands before the number.
std::string_view without_lead(std::string_view text) {
    if (text.starts_with('-')) text.remove_prefix(1);
    if (text.starts_with('v')) text.remove_prefix(1);
    return text;
}

std::optional<std::string> of_family(const Family& family, std::string_view rest) {
    const auto named = [&](std::string_view version, const char* ending) {
        return std::string(family.spdx) + "-" + std::string(version) + family.variant + ending;
    };
    // Each of these licences says itself: no version named means any version that was published.
    if (rest.empty() || rest == "+") return named(family.versions[0], "-or-later");
    rest = without_lead(rest);
    for (const std::string_view version : family.versions) {
        const std::string_view major = version.substr(0, 1);
        const bool whole = version.ends_with(".0");
        if (!rest.starts_with(version) && !(whole && rest.starts_with(major))) continue;
        const std::string_view ending = rest.substr(rest.starts_with(version) ? version.size() : 1);
        if (ending == "+" || ending == "-or-later") return named(version, "-or-later");
        if (ending.empty() || ending == "-only") return named(version, "-only");
    }
    return {};
}

std::optional<std::string> alias(std::span<const Alias> table, std::string_view name) {
    const auto found = std::ranges::find(table, name, &Alias::debian);
    if (found == table.end()) return {};
    return found->spdx;
}

}  // namespace

std::optional<std::string> spdx_licence(std::string_view short_name) {
    const std::string name = lower(short_name);
    for (const auto& family : families)
        if (name.starts_with(family.prefix))
            return of_family(family, std::string_view(name).substr(family.prefix.size()));
    if (auto known = alias(aliases, name)) return known;
    const auto found = std::ranges::find(identifiers, name, lower);
    if (found == std::end(identifiers)) return {};
    return *found;
}

std::optional<std::string> spdx_exception(std::string_view words) {
    return alias(exceptions, lower(words));
}

}  // namespace holdfast::sbom
