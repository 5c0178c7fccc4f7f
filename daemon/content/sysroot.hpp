// The system partition: an ostree repository, up to two deployments, and one symlink per slot.
// Works alike on a mounted disk, on the running box and on a plain staging directory of the build host.
#pragma once

#include "base/result.hpp"
#include "content/trust.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::content {

// The one stateroot ("osname") that Holdfast uses: ostree/deploy/holdfast.
inline constexpr const char* osname = "holdfast";

// Called while objects are copied, with how many of how many are there (0 of 0 as long as they are being counted): from
// several threads, never at the same time.
using Progress = std::function<void(std::uint64_t done, std::uint64_t total)>;

// The commit (64 hex digits) that `ref_or_commit` names in the repository. NotFound where it names none.
Result<std::string> resolve(const std::filesystem::path& repo, const std::string& ref_or_commit);

// Denied unless a key of the keyring signed the commit; the keyring is a binary OpenPGP file
// (`gpg --export`), and no other key of this computer counts. Keys that it holds as revoked do not count. The clock
// makes no difference, bar for keys that expire.
Result<> verify_commit(const std::filesystem::path& repo, const std::string& commit, const Trust& trust);

// The same for a detached signature (`gpg --detach-sign`, armoured or not) over any bytes.
Result<> verify_detached(std::string_view bytes, std::string_view signature, const Trust& trust);

// A file of a commit, unpacked from the repository. Corrupt where it is larger than `limit` bytes.
Result<std::string> read_file(const std::filesystem::path& repo, const std::string& commit,
                              const std::filesystem::path& file, std::size_t limit);

// Bytes of a file of a commit.
Result<std::uint64_t> file_size(const std::filesystem::path& repo, const std::string& commit,
                                const std::filesystem::path& file);

// The names in a folder of a commit, sorted.
Result<std::vector<std::string>> list_folder(const std::filesystem::path& repo, const std::string& commit,
                                             const std::filesystem::path& folder);

// Makes ostree/repo (mode bare) and ostree/deploy/holdfast where they are missing, and sets
// sysroot.bootloader=none (our code writes the ESP) and sysroot.readonly=true.
Result<> init_sysroot(const std::filesystem::path& sysroot);

struct Pull {
    std::filesystem::path from;  // a repository, mode archive or bare; trusted for nothing
    std::string what;            // a ref or a commit
    Trust trust;
};

// Verifies the signature, then copies every object of the commit and checks its checksum on the way.
// The commit. A cut leaves an incomplete commit that the next pull completes. NoSpace where the disk is full.
Result<std::string> pull(const Pull& pull, const std::filesystem::path& sysroot, const Progress& progress = {});

// Disk: deployment roots get the immutable flag, as ostree does on a box.
// Staging: they do not, so that the build host can pack and remove the directory.
enum class Place { Disk, Staging };

// Deploys the commit and points ostree/root.a (or .b) at it, as "deploy/holdfast/deploy/COMMIT.SERIAL".
// The other slot's deployment stays; what the slot held before goes. /etc is merged from what runs; below a
// staging directory, from the other slot.
// The deployment's root. `slot` is 'a' or 'b'.
Result<std::filesystem::path> deploy(const std::filesystem::path& sysroot, const std::string& commit, char slot,
                                     Place place);

// Reads every object of `commit` that `known` does not have from the disk, past the kernel's memory of it. Corrupt
// where one is not what its name says, or is gone.
Result<> read_back(const std::filesystem::path& sysroot, const std::string& commit, const std::string& known);

// Takes the slot's symlink away, then its deployment and the objects that nothing else needs.
Result<> undeploy(const std::filesystem::path& sysroot, char slot);

}  // namespace holdfast::content
