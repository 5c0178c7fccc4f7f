// The chunks that turn one commit into another (content/delta.hpp says what they are).
#pragma once

#include "content/bundle.hpp"

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace holdfast::publish {

// Whether chunks may ask the receiver to pack again what is compressed inside of files: far smaller, but only for
// receivers with the same libraries.
enum class Repack { No, Yes };

struct DeltaParts {
    std::filesystem::path repo;  // holds both commits
    std::string from, to;        // commits; an empty `from` makes all of `to`
    Repack repack = Repack::Yes;
    std::filesystem::path scratch;
};

struct Delta {
    std::vector<std::string> chunks;
    std::uint64_t unpacked = 0;  // bytes of the new objects on a disk of 4 KiB blocks
    std::uint64_t objects = 0;
    bool repacks = false;  // some file really is packed again
};

// Files done, files in all.
using Progress = std::function<void(std::uint64_t done, std::uint64_t total)>;

Result<Delta> make_delta(const DeltaParts& parts, const Progress& progress = {});

}  // namespace holdfast::publish
