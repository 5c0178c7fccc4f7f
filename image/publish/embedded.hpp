// Finds files inside of others by samples of their bytes: a library inside of an initrd, say.
#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace holdfast::publish {

class Samples {
public:
    // Remembers samples of a file's bytes, one for each 64 KiB and at least one.
    void add(std::size_t file, std::string_view bytes);

    struct Hit {
        std::size_t file;
        std::int64_t begin;  // where the file's first byte would lie in the bytes looked at; may be before them
    };
    // Where samples are found in `bytes`; a file may be hit several times. A hit is likely, not certain.
    std::vector<Hit> find(std::string_view bytes) const;

private:
    struct Place {
        std::size_t file;
        std::size_t offset;
    };
    std::unordered_map<std::uint64_t, Place> samples_;
};

}  // namespace holdfast::publish
