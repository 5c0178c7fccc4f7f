// What a commit says of itself, all of it covered by its signature.
#pragma once

#include "base/result.hpp"
#include "content/trust.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::content {

struct Facts {
    std::uint64_t time = 0;         // seconds since the epoch; orders releases
    std::string version;            // "" where it has none
    std::vector<std::string> refs;  // the refs that it may be known by (ostree.ref-binding)
    bool development = false;       // holdfast.development
    std::string measurements;       // holdfast.measurements: JSON of image/measure, or ""
};

// From the bytes of a commit object (OSTREE_COMMIT_GVARIANT_FORMAT). Corrupt for anything else.
Result<Facts> parse_commit(std::string_view object);
Result<Facts> facts_of(const std::filesystem::path& repo, const std::string& commit);
// The commit object itself, and its detached metadata (a serialised a{sv}, "" where there is none).
Result<std::string> commit_object(const std::filesystem::path& repo, const std::string& commit);
Result<std::string> detached_metadata(const std::filesystem::path& repo, const std::string& commit);

// Denied unless a key of the keyring (binary OpenPGP) signed the object; `metadata` holds the signatures.
Result<> verify_object(std::string_view object, std::string_view metadata, const Trust& trust);

// Denied, naming both, where the commit is not bound to `ref`: the right signature on other content.
Result<> check_binding(const Facts& facts, const std::string& ref);

}  // namespace holdfast::content
