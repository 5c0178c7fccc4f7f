// Objects of a repository one by one, for whoever makes bundles.
#pragma once

#include "content/delta.hpp"

#include <filesystem>
#include <optional>

struct OstreeRepo;

namespace holdfast::content {

struct FileObject {
    Owner owner;
    std::string attributes;  // extended ones, a serialised a(ayay); empty: none
    std::string bytes;       // of the file, or a symlink's target
    bool symlink = false;
};

// An open repository.
class Objects {
public:
    static Result<Objects> open(const std::filesystem::path& repo);
    Objects(Objects&&) noexcept;
    ~Objects();

    OstreeRepo* repo() const { return repo_; }
    Result<FileObject> file(const std::string& checksum) const;
    // `type` is that of libostree: 2 a dirtree, 3 a dirmeta.
    Result<std::string> metadata(std::uint8_t type, const std::string& checksum) const;

private:
    explicit Objects(OstreeRepo* repo) : repo_(repo) {}
    OstreeRepo* repo_;
};
inline constexpr std::uint8_t folder_object = 2, attributes_object = 3;

}  // namespace holdfast::content
