// A bundle as it lies on a disk: one file, or the parts of one (FILE.000, FILE.001, …) for small or FAT media.
#pragma once

#include "base/handle.hpp"
#include "content/bundle.hpp"
#include "content/trust.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace holdfast::content {

class BundleFile {
public:
    // Reads the header and believes it only once a key of the keyring has signed it. `file` is the bundle, any of its
    // parts, or its name without the part's number. NotFound where neither is there, Corrupt and Denied as ever; the
    // words name the file or the part.
    static Result<BundleFile> open(const std::filesystem::path& file, const Trust& trust);

    const Header& header() const { return header_; }
    // The bytes of a chunk, which are what the header says. Corrupt otherwise, with the part that is truncated, damaged
    // or not of this bundle.
    Result<std::string> chunk(std::size_t number) const;

private:
    struct Part {
        std::filesystem::path path;
        Fd file;
        std::uint64_t begin = 0, size = 0;  // in the whole
    };
    BundleFile() = default;
    Result<> add(const std::filesystem::path& path);
    Result<> read_header(const Trust& trust);
    Result<std::string> read(std::uint64_t begin, std::size_t size) const;
    const Part* part_at(std::uint64_t byte) const;

    std::vector<Part> parts_;
    Header header_;
    std::vector<std::uint64_t> offsets_;  // of the chunks, in the whole
};

// The parts of `file` that are there, in order; or `file` itself alone. Empty where there is neither.
std::vector<std::filesystem::path> parts_of(const std::filesystem::path& file);
// FILE.007 for the part of that number.
std::filesystem::path part_name(const std::filesystem::path& file, std::size_t number);

}  // namespace holdfast::content
