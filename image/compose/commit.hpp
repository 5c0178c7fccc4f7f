// The signed ostree commit and the repositories it travels in, by ostree(1).
#pragma once

#include "keys/keys.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace holdfast::compose {

struct CommitParts {
    std::filesystem::path tree;            // laid out; left as it is
    std::string reference, version, time;  // time: seconds since the epoch
    std::string measurements;              // JSON; goes into the signed metadata as holdfast.measurements
    bool development = false;              // goes into the signed metadata as holdfast.development
};

// Commits and signs into a bare repository at `repository`, made where it is missing. Returns the checksum.
Result<std::string> commit(const CommitParts& parts, const keys::Keys& keys, const std::filesystem::path& repository);

// The checksum of what a commit holds: equal for equal trees, whatever the time and metadata of the commit.
Result<std::string> content_checksum(const std::filesystem::path& repository, const std::string& commit);

// A repository that travels: compressed objects, the ref, the signature.
Result<> publish(const std::filesystem::path& bare, const std::string& reference, const std::filesystem::path& archive);

}  // namespace holdfast::compose
