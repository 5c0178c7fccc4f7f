// A folder that any web server can serve, and that fits onto a stick:
//
//   config, objects/, refs/, summary, summary.sig   an ostree repository, for every ostree client
//   refs/heads/REF                                  the commit to run
//   refs/heads/published/REF/TIME-COMMIT            the releases so far
//   bundles/TO/FROM.bundle                          from an older release, for boxes that run it
//   bundles/TO/full.bundle                          for every box
#pragma once

#include "keys/keys.hpp"

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace holdfast::publish {

struct Release {
    std::string ref, commit, version;
    std::uint64_t time = 0;
    bool operator==(const Release&) const = default;
};

struct PublishParts {
    std::filesystem::path from;  // an image's repository
    std::string ref;             // in it
    std::filesystem::path repository;
    unsigned deltas = 3;  // from this many releases before
    bool full = true;     // and one for every box
};

// A bundle to be carried: the newest release of a ref and other content beside it.
struct CarriedParts {
    std::filesystem::path from;                                         // an image's repository
    std::string ref;                                                    // in it
    std::filesystem::path repository;                                   // published ones; empty where `base` is
    std::string base;                                                   // a version or commit that the boxes run
    std::vector<std::pair<std::filesystem::path, std::string>> others;  // repository and ref
    std::uint64_t split = 0;
    std::filesystem::path into;
};

struct Published {
    Release release;
    std::vector<std::filesystem::path> bundles;  // in the repository
};

// Adds the release and its bundles; clients see it only once all of them are there. Bundles that no release needs any
// more go. Denied where a newer release of the ref is there already: boxes would refuse an older one.
Result<Published> publish(const PublishParts& parts, const keys::Keys& keys);

// Writes the bundle, alone or in parts. The files.
Result<std::vector<std::filesystem::path>> carry(const CarriedParts& parts, const keys::Keys& keys);

// The releases of a ref, oldest first.
Result<std::vector<Release>> releases(const std::filesystem::path& repository, const std::string& ref);

}  // namespace holdfast::publish
