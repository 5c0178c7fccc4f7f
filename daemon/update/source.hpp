// Where content comes from: a published repository on a web server, the same as a folder or on a stick, or a bundle.
#pragma once

#include "content/bundle.hpp"
#include "content/facts.hpp"
#include "content/trust.hpp"
#include "update/fetch.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace holdfast::update {

// What a box has and believes.
struct Basis {
    std::string ref;                // what it follows
    std::vector<std::string> have;  // commits that are in its slots, the running one first
    bool full_only = false;         // takes no difference
    std::filesystem::path sysroot;
    content::Trust trust;
    std::filesystem::path downloads;  // folder for what comes over a line
};

struct Offer {
    std::string commit;
    content::Facts facts;
    std::string bundle;          // URL or path
    std::filesystem::path file;  // where it is, or will be, on this computer
    std::uint64_t missing = 0;   // bytes that have still to come
    std::uint64_t size = 0;      // bytes of the whole bundle
    content::Header header;
    std::size_t content = 0;  // which of the header's contents is the system
};

// The newest of `ref` that the source has, with the smallest bundle that this box can use, its signatures, its binding
// to the ref checked. `source` is an http(s) URL, a folder or a bundle. Nothing where it offers only what runs already.
// Errors as in fetch(); NotFound where it has nothing of that ref or no bundle that fits this box.
Result<std::optional<Offer>> look(Link& link, const std::string& source, const Basis& basis);

// NoSpace where what is to be fetched has no place to lie until it is unpacked; where the system partition cannot hold
// all that the bundle brings.
Result<> room_to_fetch(const Offer& offer, const Basis& basis);
Result<> room_to_unpack(const Offer& offer, const Basis& basis);
// Whether the system partition is large enough for it at all, had it the space.
bool fits_at_all(const Offer& offer, const Basis& basis);

// Gets what is missing of it. Nothing to do for a folder or a stick.
Result<> get(Link& link, const Offer& offer, const Basis& basis, const Fetched& progress);

bool is_online(const std::string& source);

}  // namespace holdfast::update
