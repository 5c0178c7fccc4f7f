// One mounted file system, gone with its owner.
#pragma once

#include "base/result.hpp"

#include <filesystem>
#include <string>
#include <utility>

namespace holdfast::install {

enum class Access { ReadOnly, ReadWrite };

class Mount {
public:
    // Makes the folder `at` where it is missing.
    static Result<Mount> make(const std::filesystem::path& device, const std::filesystem::path& at,
                              const std::string& type, Access access);
    // The file system in a file, read-only, through a loop device that goes with it.
    static Result<Mount> make_of_image(const std::filesystem::path& image, const std::filesystem::path& at,
                                       const std::string& type);
    Mount(Mount&& other) noexcept : at_(std::exchange(other.at_, {})) {}
    Mount& operator=(Mount&&) = delete;
    // Unmounts as far as it goes; call unmount() where it matters that all is written.
    ~Mount();

    const std::filesystem::path& at() const { return at_; }
    // Writes everything out, then unmounts.
    Result<> unmount();

private:
    explicit Mount(std::filesystem::path at) : at_(std::move(at)) {}
    std::filesystem::path at_;
};

}  // namespace holdfast::install
