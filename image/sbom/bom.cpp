#include "sbom/bom.hpp"

#include "base/digest.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <format>
#include <map>

namespace holdfast::sbom {

namespace {

std::string percent_encoded(std::string_view text) {
    std::string result;
    for (const char letter : text) {
        const bool plain = (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'z') ||
                           (letter >= 'A' && letter <= 'Z') || std::string_view(".-_~:").contains(letter);
        result += plain ? std::string(1, letter) : std::format("%{:02X}", static_cast<unsigned char>(letter));
    }
    return result;
}

using Places = std::map<std::string, std::vector<std::size_t>, std::less<>>;

// Where two architectures of one package are installed, a package means the one of its own.
std::optional<std::size_t> place(const Places& places, const std::string& name, const std::vector<Installed>& packages,
                                 const Installed& wanting) {
    const auto found = places.find(name);
    if (found == places.end()) return {};
    for (const std::size_t at : found->second)
        if (packages[at].architecture == wanting.architecture) return at;
    return found->second.front();
}

std::optional<std::size_t> first_of(const std::vector<std::string>& alternatives, const Places& names,
                                    const Places& provided, const std::vector<Installed>& packages,
                                    const Installed& wanting) {
    for (const auto& name : alternatives) {
        if (const auto at = place(names, name, packages, wanting)) return at;
        if (const auto at = place(provided, name, packages, wanting)) return at;
    }
    return {};
}

}  // namespace

std::size_t Bom::without_checksum() const {
    return static_cast<std::size_t>(std::ranges::count_if(components, [](const auto& one) { return !one.file; }));
}

std::size_t Bom::without_licence() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(components, [](const auto& one) { return one.licence.expression.empty(); }));
}

std::string purl(std::string_view vendor, std::string_view name, std::string_view version,
                 std::string_view architecture) {
    return "pkg:deb/" + percent_encoded(vendor) + "/" + percent_encoded(name) + "@" + percent_encoded(version) +
           "?arch=" + percent_encoded(architecture);
}

Contact contact(const std::string& maintainer) {
    const std::size_t open = maintainer.find('<');
    Contact result{.name = std::string(trim(std::string_view(maintainer).substr(0, open)))};
    if (open != std::string::npos) {
        const std::string_view mail = std::string_view(maintainer).substr(open + 1);
        result.mail = trim(mail.substr(0, mail.find('>')));
    }
    const auto words = {
        "Team",      "team",    "Developers", "developers", "Maintainers", "Maintainer", "maintainers",
        "Group",     "Project", "Packagers",  "packagers",  "Debian ",     "@lists.",    "@packages.debian.org",
        "@tracker.", "-lists."};
    result.organisation = std::ranges::any_of(words, [&](const char* word) { return maintainer.contains(word); });
    return result;
}

std::vector<std::vector<std::size_t>> resolve(const std::vector<Installed>& packages) {
    Places names, provided;
    for (std::size_t at = 0; at < packages.size(); ++at) {
        names[packages[at].name].push_back(at);
        for (const auto& name : packages[at].provides) provided[name].push_back(at);
    }
    std::vector<std::vector<std::size_t>> result;
    for (std::size_t at = 0; at < packages.size(); ++at) {
        std::vector<std::size_t> places;
        for (const auto& alternatives : packages[at].depends)
            if (const auto found = first_of(alternatives, names, provided, packages, packages[at]);
                found && *found != at)
                places.push_back(*found);
        std::ranges::sort(places);
        const auto rest = std::ranges::unique(places);
        places.erase(rest.begin(), rest.end());
        result.push_back(std::move(places));
    }
    return result;
}

std::string uuid_of(std::string_view bytes) {
    Digest digest = sha256(bytes);
    digest[6] = static_cast<unsigned char>((digest[6] & 0x0f) | 0x80);
    digest[8] = static_cast<unsigned char>((digest[8] & 0x3f) | 0x80);
    const std::string digits = hex(digest);
    return digits.substr(0, 8) + "-" + digits.substr(8, 4) + "-" + digits.substr(12, 4) + "-" + digits.substr(16, 4) +
           "-" + digits.substr(20, 12);
}

Result<std::string> iso_time(std::string_view seconds) {
    constexpr long last = 253402300799;  // the end of 9999
    long value = 0;
    const auto [end, error] = std::from_chars(seconds.data(), seconds.data() + seconds.size(), value);
    if (error != std::errc() || end != seconds.data() + seconds.size() || value < 0 || value > last)
        return fail(Code::Corrupt, "'" + std::string(seconds) + "' is no time; write seconds since 1970");
    return std::format("{:%FT%TZ}", std::chrono::sys_seconds(std::chrono::seconds(value)));
}

}  // namespace holdfast::sbom
