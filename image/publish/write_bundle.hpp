// Bundles from commits of a repository.
#pragma once

#include "keys/keys.hpp"
#include "publish/delta.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace holdfast::publish {

struct Wanted {
    std::string ref, commit;
    std::string from;  // commit that receivers have; empty: none
};

struct BundleParts {
    std::filesystem::path repo;
    std::vector<Wanted> contents;
    Repack repack = Repack::Yes;
    std::uint64_t split = 0;  // bytes of the largest part; 0: one file
    Progress progress;        // in each content
};

struct Written {
    std::vector<std::filesystem::path> files;
    std::uint64_t bytes = 0;
};

// Writes and signs `into`, or where one part cannot hold it all its parts into.000, into.001 and so on; each gets its
// name once it is whole, and older parts of that name go. NotFound where the repository lacks a commit, Denied where a
// commit is bound to another ref.
Result<Written> write_bundle(const BundleParts& parts, const keys::Keys& keys, const std::filesystem::path& into);

// "700M", "4G", "650000000": bytes. Corrupt for anything else and below 1 MiB.
Result<std::uint64_t> part_size(const std::string& text);

}  // namespace holdfast::publish
