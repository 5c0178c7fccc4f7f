// The head of a bundle: the one file in which content travels, over HTTP, on a stick or in parts.
//
//   "holdfast-bundle\n"          16 bytes
//   size of header, of signature  two 32-bit numbers, little-endian
//   header                        JSON, below
//   signature                     OpenPGP, detached, over the header
//   chunks                        one behind the other, in the header's order
//
// The header names the digest of each chunk, so every byte is vouched for before it is looked into, and a download can
// be checked and continued chunk by chunk. What chunks hold stands in delta.hpp.
#pragma once

#include "base/file.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::content {

inline constexpr std::string_view bundle_magic = "holdfast-bundle\n";
inline constexpr std::size_t bundle_prefix = 24;  // magic and the two sizes
inline constexpr std::size_t header_limit = 16 * mebibyte;
inline constexpr std::size_t signature_limit = 64UL * 1024;
inline constexpr std::size_t chunk_limit = 8 * mebibyte;   // one chunk as it travels
inline constexpr std::size_t chunks_limit = 32UL * 1024;   // of one bundle
inline constexpr std::size_t commit_limit = 4 * mebibyte;  // one commit object

// Where a published repository has the bundle to a commit, from a commit or ("") from none; boxes look for it there.
std::string bundle_path(const std::string& to, const std::string& from);

struct Chunk {
    std::uint64_t size = 0;  // bytes
    std::string sha256;      // 64 hex digits
    bool operator==(const Chunk&) const = default;
};

// One commit that the bundle brings.
struct Content {
    std::string ref;
    std::string commit;          // 64 hex digits
    std::string from;            // the commit that must be there already; empty: none
    std::string object;          // bytes of the commit object; their digest is `commit`
    std::string signature;       // its detached metadata, a serialised a{sv}
    std::uint64_t first = 0;     // of its chunks
    std::uint64_t chunks = 0;    // how many
    std::uint64_t unpacked = 0;  // bytes that its new objects need in a repository
    std::uint64_t objects = 0;   // how many those are
    bool operator==(const Content&) const = default;
};

struct Header {
    std::string packers;  // the libraries that must pack again (packing.hpp); empty: nothing is packed again
    std::vector<Content> contents;
    std::vector<Chunk> chunks;
    bool operator==(const Header&) const = default;

    std::uint64_t payload() const;                     // bytes of all chunks
    std::uint64_t offset_of(std::size_t chunk) const;  // of a chunk, from the first chunk's first byte
};

// {"format":1,"packers":…,"contents":[{"ref":…,"commit":…,"from":…,"object":base64,"signature":base64,"first":0,
//  "chunks":12,"unpacked":…,"objects":…}],"chunks":[[SIZE,"SHA-256"],…]}
std::string write_header(const Header& header);
// Corrupt for anything that write_header does not write, and where chunks are left over, used twice or over a limit.
Result<Header> parse_header(std::string_view json);

struct Sizes {
    std::size_t header = 0, signature = 0;
    std::size_t payload_at() const { return bundle_prefix + header + signature; }
};
// The first 24 bytes.
std::string write_prefix(const Sizes& sizes);
Result<Sizes> parse_prefix(std::string_view bytes);

}  // namespace holdfast::content
