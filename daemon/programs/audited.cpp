#include "programs/audited.hpp"

#include "enroll/kept.hpp"

#include <cstdio>

namespace holdfast {

audit::Place on_box(const std::filesystem::path& root) {
    audit::Place place{.root = root, .origin = {}, .program = {}, .warn = [](const std::string& sentence) {
                           std::fprintf(stderr, "warning: %s\n", sentence.c_str());
                       }};
    std::error_code none;
    // As it was called, also where an update has put another one in its place.
    std::string program = std::filesystem::read_symlink("/proc/self/exe", none).filename().string();
    place.program = program.substr(0, program.find(" (deleted)"));
    // What cannot be read here is told by whoever needs it; until then deeds stand where those of before do.
    if (const auto box = enroll::Kept(root).identity().value_or(std::nullopt))
        if (const auto number = digest_of(box->certificate.fingerprint)) place.origin = *number;
    return place;
}

}  // namespace holdfast
