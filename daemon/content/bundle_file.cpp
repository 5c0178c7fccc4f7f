#include "content/bundle_file.hpp"

#include "base/digest.hpp"
#include "content/sysroot.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <format>
#include <sys/stat.h>

namespace holdfast::content {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t parts_limit = 1000;

// x.bundle.007 names x.bundle.
fs::path whole_name(const fs::path& file) {
    const std::string end = file.extension().string();
    const bool part =
        end.size() == 4 && std::ranges::all_of(end.substr(1), [](unsigned char c) { return std::isdigit(c); });
    return part ? file.parent_path() / file.stem() : file;
}

}  // namespace

fs::path part_name(const fs::path& file, std::size_t number) {
    return file.string() + std::format(".{:03}", number);
}

std::vector<fs::path> parts_of(const fs::path& file) {
    std::error_code none;
    const fs::path whole = whole_name(file);
    if (fs::is_regular_file(whole, none)) return {whole};
    std::vector<fs::path> parts;
    while (parts.size() < parts_limit && fs::is_regular_file(part_name(whole, parts.size()), none))
        parts.push_back(part_name(whole, parts.size()));
    return parts;
}

Result<BundleFile> BundleFile::open(const fs::path& file, const Trust& trust) {
    const auto parts = parts_of(file);
    if (parts.empty())
        return fail(Code::NotFound, "there is no bundle " + file.string() + ", and no " +
                                        part_name(whole_name(file), 0).filename().string() + " beside it");
    BundleFile bundle;
    for (const auto& part : parts) TRY(bundle.add(part));
    TRY(in(parts.front().string(), bundle.read_header(trust)));
    return bundle;
}

Result<> BundleFile::add(const fs::path& path) {
    Part part{path, Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC)), 0, 0};
    struct stat info{};
    if (!part.file || ::fstat(part.file.number(), &info) < 0)
        return std::unexpected(system_error(errno, path, "cannot open"));
    part.begin = parts_.empty() ? 0 : parts_.back().begin + parts_.back().size;
    part.size = static_cast<std::uint64_t>(info.st_size);
    parts_.push_back(std::move(part));
    return {};
}

const BundleFile::Part* BundleFile::part_at(std::uint64_t byte) const {
    for (const auto& part : parts_)
        if (byte < part.begin + part.size) return &part;
    return nullptr;
}

Result<std::string> BundleFile::read(std::uint64_t begin, std::size_t size) const {
    std::string bytes;
    while (bytes.size() < size) {
        const Part* part = part_at(begin);
        if (!part)
            return fail(Code::Corrupt, "the bundle ends too early: " + parts_.back().path.filename().string() +
                                           " is truncated, or a part behind it is missing");
        const std::size_t before = bytes.size();
        bytes.resize(std::min<std::uint64_t>(size, before + (part->begin + part->size - begin)));
        const ssize_t n = ::pread(part->file.number(), bytes.data() + before, bytes.size() - before,
                                  static_cast<off_t>(begin - part->begin));
        if (n <= 0) return std::unexpected(system_error(n < 0 ? errno : EIO, part->path, "cannot read"));
        bytes.resize(before + static_cast<std::size_t>(n));
        begin += static_cast<std::uint64_t>(n);
    }
    return bytes;
}

Result<> BundleFile::read_header(const Trust& trust) {
    const std::string prefix = TRY(read(0, bundle_prefix));
    const Sizes sizes = TRY(parse_prefix(prefix));
    const std::string header = TRY(read(bundle_prefix, sizes.header));
    const std::string signature = TRY(read(bundle_prefix + sizes.header, sizes.signature));
    TRY(verify_detached(header, signature, trust));
    header_ = TRY(parse_header(header));
    std::uint64_t at = sizes.payload_at();
    for (const auto& chunk : header_.chunks) {
        offsets_.push_back(at);
        at += chunk.size;
    }
    return {};
}

Result<std::string> BundleFile::chunk(std::size_t number) const {
    const Chunk& wanted = header_.chunks.at(number);
    std::string bytes = TRY(read(offsets_.at(number), wanted.size));
    if (sha256_hex(bytes) == wanted.sha256) return bytes;
    return fail(Code::Corrupt, part_at(offsets_.at(number))->path.string() +
                                   " is damaged or not of this bundle: byte " +
                                   std::to_string(offsets_.at(number) - part_at(offsets_.at(number))->begin) +
                                   " on is not what was signed; get it again");
}

}  // namespace holdfast::content
