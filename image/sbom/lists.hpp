// The package files that a tree was made from: apt's Packages lists (Debian repository format, "Packages" indices) and
// a folder of .deb files of our own.
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::sbom {

inline constexpr std::size_t list_limit = 512UL * 1024 * 1024;  // bytes of one list, uncompressed

struct PackageFile {
    std::string sha256;  // 64 lower-case hex digits
    std::string name;    // its path below the mirror, or its file name
    std::uintmax_t size = 0;
    bool ours = false;  // from the folder of our own packages
};

// By name, version and architecture.
class PackageFiles {
public:
    using Wanted = std::map<std::string, std::vector<PackageFile>>;  // by key()

    static std::string key(std::string_view name, std::string_view version, std::string_view architecture);

    explicit PackageFiles(const std::vector<std::string>& wanted);

    // Adds what the lists of `directory` (files *_Packages, as they are or compressed) say of the wanted packages.
    // NotFound where there is no such folder, Corrupt for a list that cannot be parsed or is too large.
    Result<> add_lists(const std::filesystem::path& directory);
    // Adds the wanted ones of the folder's .deb files, asked with dpkg-deb and hashed here. NotFound as above.
    Result<> add_debs(const std::filesystem::path& directory);

    // Our own file, else the listed one. Nothing where there is none, or where lists disagree about its digest.
    const PackageFile* find(const std::string& key) const;

private:
    Result<> add_list(const std::filesystem::path& file);
    Result<> add_deb(const std::filesystem::path& file);
    Wanted wanted_;
};

}  // namespace holdfast::sbom
