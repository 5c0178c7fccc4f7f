// sbom_of_system SPDX_FILE CYCLONEDX_FILE: the software bill of materials of the system this runs on, for validators.
// Half of the packages have a digest, from a list made here, so that both kinds of entry are validated.
#include "base/digest.hpp"
#include "base/file.hpp"
#include "base/scratch.hpp"
#include "sbom/dpkg.hpp"
#include "sbom/sbom.hpp"

#include <cstdio>

namespace {

using namespace holdfast;

Result<> write_list(const std::filesystem::path& list) {
    const std::string status = TRY(read_whole("/var/lib/dpkg/status", 256 * mebibyte));
    std::string text;
    bool listed = false;
    for (const auto& package : TRY(sbom::parse_status(status))) {
        listed = !listed;
        if (!listed) continue;
        text += "Package: " + package.name + "\nVersion: " + package.version +
                "\nArchitecture: " + package.architecture + "\nFilename: pool/" + package.name +
                ".deb\nSize: 1\nSHA256: " + sha256_hex(package.name) + "\n\n";
    }
    return write_whole(list, text);
}

Result<> run(const char* spdx, const char* cyclonedx) {
    const auto scratch = TRY(Scratch::make("sbom"));
    TRY(write_list(scratch.path() / "test_Packages"));
    return sbom::write({.name = "holdfast-build-root",
                        .version = HOLDFAST_VERSION,
                        .parts = {{.name = "system", .root = "/", .dpkg = "/var/lib/dpkg"}},
                        .apt_lists = scratch.path(),
                        .debs = {},
                        .time = "1700000000"},
                       spdx, cyclonedx);
}

}  // namespace

int main(int count, char** words) {
    if (count != 3) return 64;
    const auto done = run(words[1], words[2]);
    if (!done) std::fprintf(stderr, "%s\n", done.error().what.c_str());
    return done ? 0 : holdfast::exit_code(done.error().code);
}
