// Any bytes as dpkg's status: a sorted list of whole packages whose dependencies resolve, or refused.
#include "sbom/bom.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto packages = holdfast::sbom::parse_status(text);
    if (!packages) return 0;
    const auto depends = holdfast::sbom::resolve(*packages);
    for (std::size_t at = 0; at < packages->size(); ++at) {
        const auto& package = (*packages)[at];
        if (package.name.empty() || package.version.empty() || package.source_version.empty()) std::abort();
        if (at > 0 && (*packages)[at - 1].name > package.name) std::abort();
        static_cast<void>(holdfast::sbom::contact(package.maintainer));
        for (const std::size_t on : depends[at])
            if (on == at || on >= packages->size()) std::abort();
    }
    return 0;
}
