// Further releases of the image under test, made of its own commit by those programs that make real ones: other files
// laid over it, or a UKI with more in its initrd, signed with the same keys and published.
#pragma once

#include "keys/keys.hpp"
#include "vm/image.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace holdfast::vm {

struct ReleaseFile {
    std::string path;  // in the image, without a leading slash
    std::string bytes;
    unsigned mode = 0644;
};

struct NewRelease {
    std::string version;
    std::vector<ReleaseFile> files;
    std::vector<ReleaseFile> initrd;  // laid over what the initrd has
    std::string cmdline;              // words behind those of the kernel's command line
    std::optional<std::string> ref;   // another than the image's
    std::uint64_t time = 0;           // seconds after the image's
};

class Releases {
public:
    // Works below `scratch`; the image is only read.
    static Result<Releases> open(const Image& image, const std::filesystem::path& scratch,
                                 const std::filesystem::path& keys);

    const std::string& ref() const { return ref_; }
    const std::string& base() const { return base_; }  // the image's own commit
    std::filesystem::path repository() const { return scratch_ / "published"; }
    const keys::Keys& keys() const { return keys_; }

    // Makes it and signs it; the folder, as 'holdfast-image publish' takes it.
    Result<std::filesystem::path> make(const NewRelease& release);
    // Writes beside a release what a box measures that starts it, as `./dev image` does for its own.
    Result<> measure(const std::filesystem::path& folder) const;
    // Puts a folder into the repository; the image's own release was put there by open().
    Result<> publish(const std::filesystem::path& folder);
    // Writes one bundle for boxes with the image's own release, or for all.
    Result<> bundle(const std::filesystem::path& folder, const std::filesystem::path& into, std::uint64_t split = 0);

private:
    Releases(keys::Keys keys, std::filesystem::path scratch) : keys_(std::move(keys)), scratch_(std::move(scratch)) {}
    Result<std::string> measurements(const std::filesystem::path& overlay) const;
    Result<> add_uki(const NewRelease& release, const std::filesystem::path& overlay);
    keys::Keys keys_;
    std::filesystem::path scratch_;
    std::string ref_, base_, version_;
    std::uint64_t time_ = 0;
};

}  // namespace holdfast::vm
