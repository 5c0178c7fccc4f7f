// A benchmark: named figures, measured in this run.
#pragma once

#include "base/result.hpp"

#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace holdfast::bench {

using Figures = std::vector<std::pair<std::string, double>>;

// Scratch folders lie on a disk from now on: in a file system in memory everything is durable at once.
inline void work_on_disk(const std::filesystem::path& source) {
    ::setenv("TMPDIR", (source / "build").c_str(), 1);
}

// `source` is the repository, with build/release in it.
Result<Figures> image(const std::filesystem::path& source);
Result<Figures> update(const std::filesystem::path& source);
Result<Figures> enroll(const std::filesystem::path& source);
Result<Figures> catalog(const std::filesystem::path& source);
// Parts of `catalog` alone.
Result<Figures> queries(const std::filesystem::path& source);
Result<Figures> backstage(const std::filesystem::path& source);
Result<Figures> sync(const std::filesystem::path& source);

struct Storm {
    double ms_per_node = 0, peak_mib = 0;
};
// So many boxes that were cut off, one message each, at a hub of its own process.
Storm storm(std::size_t nodes);

// What something took, of this process alone.
struct Taken {
    double seconds = 0, peak_mib = 0;  // peak of the resident memory, mapped files included
};
// Unpacks a bundle's first content into a system partition's slot b and reads it back, as an update does.
Result<Taken> apply_bundle(const std::filesystem::path& bundle, const std::filesystem::path& sysroot,
                           const std::filesystem::path& keyring);
// Fetches a bundle over HTTP, chunk by chunk believed.
Result<Taken> fetch_bundle(const std::string& url, const std::filesystem::path& into,
                           const std::filesystem::path& keyring);

}  // namespace holdfast::bench
