#include "install/payload.hpp"

#include "base/digest.hpp"
#include "base/file.hpp"
#include "base/handle.hpp"
#include "base/scratch.hpp"
#include "base/text.hpp"
#include "content/sysroot.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>

namespace holdfast::install {

namespace {

namespace fs = std::filesystem;

struct Tally {
    std::uint64_t done = 0, total = 0;
    Report& report;
};

Error damaged(const fs::path& file, std::string_view how) {
    return {Code::Corrupt, "file " + file.string() + " on the medium " + std::string(how) +
                               "; write the medium anew from a checked download"};
}

// A medium that was cut short reads as an I/O error, or as less than the file's size.
Result<std::string> sum_of(const fs::path& folder, const fs::path& file, Tally& tally) {
    const Fd fd(::open((folder / file).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!fd) return std::unexpected(damaged(file, errno == ENOENT ? "is missing" : "cannot be opened"));
    Sha256 digest;
    std::string buffer(mebibyte, '\0');
    for (;;) {
        const ssize_t n = ::read(fd.number(), buffer.data(), buffer.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return std::unexpected(damaged(file, "cannot be read to its end"));
        if (n == 0) break;
        digest.add(std::string_view(buffer).substr(0, static_cast<std::size_t>(n)));
        tally.report.advance(tally.done += static_cast<std::uint64_t>(n), tally.total);
    }
    return hex(digest.finish());
}

// Looks at every file first: a missing one is known in a second, and progress has a total.
Result<std::uint64_t> total_size(const fs::path& folder, const std::vector<Sum>& sums) {
    std::uint64_t total = 0;
    for (const auto& sum : sums) {
        struct stat info{};
        if (::lstat((folder / sum.file).c_str(), &info) < 0)
            return std::unexpected(damaged(sum.file, errno == ENOENT ? "is missing" : "cannot be looked at"));
        if (!S_ISREG(info.st_mode)) return std::unexpected(damaged(sum.file, "is not a plain file"));
        total += static_cast<std::uint64_t>(info.st_size);
    }
    return total;
}

Result<> nothing_unlisted(const fs::path& folder, const std::vector<Sum>& sums) {
    std::vector<std::string> listed{"SHA256SUMS", "SHA256SUMS.asc"};
    for (const auto& sum : sums) listed.push_back(sum.file.string());
    std::ranges::sort(listed);
    std::error_code error;
    for (fs::recursive_directory_iterator entry(folder, error), end; entry != end && !error; entry.increment(error)) {
        const fs::path file = entry->path().lexically_relative(folder);
        if (!entry->is_directory(error) && !std::ranges::binary_search(listed, file.string()))
            return std::unexpected(damaged(file, "is not in SHA256SUMS"));
    }
    if (error) return fail(Code::Corrupt, "the medium's folders cannot be read: " + error.message());
    return {};
}

Result<std::string> read_listed(const fs::path& folder, const char* name, std::size_t limit) {
    auto bytes = read_whole(folder / name, limit);
    if (bytes) return bytes;
    return std::unexpected(damaged(name, bytes.error().code == Code::NotFound ? "is missing" : "cannot be read"));
}

}  // namespace

Result<Medium> verify_payload(const Payload& payload, Report& report) {
    report.step("checking the signature of the medium's list of files");
    const std::string list = TRY(read_listed(payload.folder, "SHA256SUMS", sums_limit));
    const std::string signature = TRY(read_listed(payload.folder, "SHA256SUMS.asc", medium_limit));
    TRY(in("SHA256SUMS", content::verify_detached(list, signature, payload.keyring)));
    const std::vector<Sum> sums = TRY(parse_sums(list));
    TRY(nothing_unlisted(payload.folder, sums));

    report.step("checking every file of the medium");
    Tally tally{0, TRY(total_size(payload.folder, sums)), report};
    for (const auto& sum : sums)
        if (TRY(sum_of(payload.folder, sum.file, tally)) != sum.sha256)
            return std::unexpected(damaged(sum.file, "is not what was signed (changed or cut short)"));

    const std::string papers = TRY(read_listed(payload.folder, "medium.json", medium_limit));
    Medium medium = TRY(parse_medium(papers));
    if (!payload.id.empty() && medium.id != payload.id)
        return fail(Code::Denied, "this medium is " + medium.id + ", but the installer was started for " + payload.id);
    return medium;
}

Result<Mount> open_system(const Payload& payload, const Medium& medium, const fs::path& at) {
    Mount system = TRY(Mount::make_of_image(payload.folder / "system.squashfs", at, "squashfs"));
    TRY(content::verify_commit(system.at(), medium.commit, payload.keyring));
    return system;
}

}  // namespace holdfast::install
