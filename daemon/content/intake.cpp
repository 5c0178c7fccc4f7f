#include "content/intake.hpp"

#include "base/crash_point.hpp"
#include "base/text.hpp"
#include "content/sysroot.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace holdfast::content {

namespace fs = std::filesystem;

Result<Intake> Intake::open(const fs::path& file, const Trust& trust) {
    Fd opened(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!opened) return std::unexpected(system_error(errno, file, "cannot open"));
    Intake intake(file, trust, std::move(opened));
    TRY(intake.take_up());
    return intake;
}

// Reads what an earlier run left as if it came now.
Result<> Intake::take_up() {
    struct stat info{};
    if (::fstat(file_.number(), &info) < 0) return std::unexpected(system_error(errno, path_, "cannot look at"));
    std::array<char, 65536> buffer;
    while (have_ < static_cast<std::uint64_t>(info.st_size)) {
        const ssize_t n = ::pread(file_.number(), buffer.data(), buffer.size(), static_cast<off_t>(have_));
        if (n <= 0) return std::unexpected(system_error(n < 0 ? errno : EIO, path_, "cannot read"));
        for (std::string_view left(buffer.data(), static_cast<std::size_t>(n)); !left.empty();) {
            const auto took = step(left);
            // A cut may leave anything at the end of a file: what is not right is fetched again.
            if (!took) return have_ == 0 ? restart() : cut(have_);
            if (whole()) return cut(have_);
            left.remove_prefix(*took);
        }
    }
    return {};
}

// Bytes that the head or the chunk that comes now still lacks.
std::size_t Intake::wanted() const {
    if (header_) return header_->chunks[chunk_].size - (have_ - chunk_at_);
    return (sizes_ ? sizes_->payload_at() : bundle_prefix) - head_.size();
}

Result<> Intake::add(std::string_view bytes) {
    while (!bytes.empty()) {
        if (whole()) return fail(Code::Corrupt, "more bytes came than the bundle has");
        const auto part = bytes.substr(0, wanted());
        TRY(write(part));
        const auto took = step(part);
        if (!took) {
            TRY(cut(have_));
            return std::unexpected(took.error());
        }
        bytes.remove_prefix(part.size());
    }
    return {};
}

// Takes the bytes that belong to the head or the chunk that comes now; how many. On an error `have_` is where to go on.
Result<std::size_t> Intake::step(std::string_view bytes) {
    const std::size_t lacking = wanted();
    const auto part = bytes.substr(0, lacking);
    have_ += part.size();
    if (header_)
        digest_.add(part);
    else
        head_ += part;
    if (part.size() < lacking) return part.size();
    auto right = header_ ? check_chunk() : check_head();
    if (!right) return std::unexpected(right.error());
    return part.size();
}

Result<> Intake::check_head() {
    const auto believed = [&]() -> Result<> {
        if (!sizes_) {
            sizes_ = TRY(parse_prefix(head_));
            return {};
        }
        const auto bytes = std::string_view(head_).substr(bundle_prefix);
        TRY(verify_detached(bytes.substr(0, sizes_->header), bytes.substr(sizes_->header), trust_));
        header_ = TRY(parse_header(bytes.substr(0, sizes_->header)));
        total_ = sizes_->payload_at() + header_->payload();
        chunk_at_ = have_;
        head_ = {};
        return {};
    }();
    if (believed) return {};
    have_ = 0;
    sizes_.reset();
    head_.clear();
    return believed;
}

Result<> Intake::check_chunk() {
    const Chunk& wanted = header_->chunks[chunk_];
    const Digest found = std::exchange(digest_, Sha256()).finish();
    if (hex(found) != wanted.sha256) {
        have_ = chunk_at_;
        return fail(Code::Corrupt, "chunk " + std::to_string(chunk_) + " of " + std::to_string(header_->chunks.size()) +
                                       " (byte " + std::to_string(chunk_at_) + " on) is not what was signed");
    }
    crash_point("intake.chunk");
    chunk_at_ = have_;
    ++chunk_;
    return {};
}

Result<> Intake::write(std::string_view bytes) {
    for (std::uint64_t at = have_; !bytes.empty();) {
        const ssize_t n = ::pwrite(file_.number(), bytes.data(), bytes.size(), static_cast<off_t>(at));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return std::unexpected(system_error(errno, path_, "cannot write"));
        at += static_cast<std::uint64_t>(n);
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return {};
}

Result<> Intake::cut(std::uint64_t size) {
    if (::ftruncate(file_.number(), static_cast<off_t>(size)) < 0)
        return std::unexpected(system_error(errno, path_, "cannot cut"));
    return {};
}

Result<> Intake::restart() {
    have_ = chunk_at_ = total_ = 0;
    chunk_ = 0;
    header_.reset();
    sizes_.reset();
    head_.clear();
    digest_ = Sha256();
    return cut(0);
}

Result<> Intake::sync() {
    if (::fdatasync(file_.number()) < 0) return std::unexpected(system_error(errno, path_, "cannot sync"));
    return {};
}

}  // namespace holdfast::content
