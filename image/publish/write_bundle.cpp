#include "publish/write_bundle.hpp"

#include "base/digest.hpp"
#include "base/file.hpp"
#include "base/handle.hpp"
#include "base/scratch.hpp"
#include "base/text.hpp"
#include "content/bundle_file.hpp"
#include "content/facts.hpp"
#include "content/packing.hpp"

#include <algorithm>
#include <fcntl.h>
#include <ranges>

namespace holdfast::publish {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view unfinished = ".new";

struct Made {
    content::Header header;
    std::vector<std::string> chunks;
};

Result<content::Content> describe(const fs::path& repo, const Wanted& wanted) {
    content::Content described{.ref = wanted.ref, .commit = wanted.commit, .from = wanted.from};
    described.object = TRY(content::commit_object(repo, wanted.commit));
    described.signature = TRY(content::detached_metadata(repo, wanted.commit));
    const auto facts = TRY(content::parse_commit(described.object));
    TRY(content::check_binding(facts, wanted.ref));
    if (described.signature.empty())
        return fail(Code::Denied, "commit " + wanted.commit + " of " + wanted.ref + " is not signed; sign it first");
    return described;
}

Result<> add_content(Made& made, const BundleParts& parts, const Wanted& wanted, const fs::path& scratch) {
    auto described = TRY(describe(parts.repo, wanted));
    auto delta = TRY(make_delta({parts.repo, wanted.from, wanted.commit, parts.repack, scratch}, parts.progress));
    described.first = made.chunks.size();
    described.chunks = delta.chunks.size();
    described.unpacked = delta.unpacked;
    described.objects = delta.objects;
    for (auto& chunk : delta.chunks) {
        made.header.chunks.push_back({chunk.size(), sha256_hex(chunk)});
        made.chunks.push_back(std::move(chunk));
    }
    if (delta.repacks) made.header.packers = content::packers();
    made.header.contents.push_back(std::move(described));
    return {};
}

Result<std::string> signed_head(const content::Header& header, const keys::Keys& keys, const fs::path& scratch) {
    const std::string json = content::write_header(header);
    TRY(write_whole(scratch / "header", json));
    TRY(keys::sign_detached(keys, scratch / "header", scratch / "header.asc"));
    const std::string signature = TRY(read_whole(scratch / "header.asc"));
    return content::write_prefix({json.size(), signature.size()}) + json + signature;
}

// Writes on into the next part where one is full.
class Parts {
public:
    Parts(fs::path into, std::uint64_t split) : into_(std::move(into)), split_(split) {}

    // Bytes that stay together, so that what is damaged is in one part alone.
    Result<> add(std::string_view bytes) {
        if (split_ > 0 && bytes.size() > split_)
            return fail(Code::NoSpace, "parts of " + std::to_string(split_) + " bytes are too small: one needs " +
                                           std::to_string(bytes.size()));
        if (!file_ || (split_ > 0 && size_ + bytes.size() > split_)) TRY(next());
        return write(bytes);
    }

    // Syncs, and gives every part its name; the first one last, so that nobody takes up half a bundle.
    Result<Written> finish() {
        TRY(sync());
        Written written{.bytes = bytes_};
        const auto unnamed = names_;
        // All of it in one part is no part.
        if (names_.size() == 1) names_ = {into_};
        for (const auto& [from, name] : std::views::reverse(std::views::zip(unnamed, names_)))
            TRY(move_to(from.string() + std::string(unfinished), name));
        remove_others();
        written.files = names_;
        TRY(sync_directory(fs::absolute(into_).parent_path()));
        return written;
    }

private:
    Result<> next() {
        if (file_) TRY(sync());
        names_.push_back(split_ > 0 ? content::part_name(into_, names_.size()) : into_);
        const std::string name = names_.back().string() + std::string(unfinished);
        file_ = Fd(::open(name.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
        if (!file_) return std::unexpected(system_error(errno, name, "cannot create"));
        size_ = 0;
        return {};
    }
    Result<> write(std::string_view bytes) {
        size_ += bytes.size();
        bytes_ += bytes.size();
        return write_all(file_.number(), bytes, names_.back());
    }
    Result<> sync() {
        if (::fsync(file_.number()) < 0) return std::unexpected(system_error(errno, names_.back(), "cannot sync"));
        return {};
    }
    // What an earlier bundle of this name had and this one has not.
    void remove_others() const {
        std::error_code none;
        const bool whole = names_ == std::vector{into_};
        if (!whole) fs::remove(into_, none);
        for (std::size_t i = whole ? 0 : names_.size(); fs::remove(content::part_name(into_, i), none); ++i) {
        }
    }

    fs::path into_;
    std::uint64_t split_, size_ = 0, bytes_ = 0;
    Fd file_;
    std::vector<fs::path> names_;
};

}  // namespace

Result<Written> write_bundle(const BundleParts& parts, const keys::Keys& keys, const fs::path& into) {
    const Scratch scratch = TRY(Scratch::make("bundle"));
    Made made;
    for (const auto& wanted : parts.contents) TRY(in(wanted.ref, add_content(made, parts, wanted, scratch.path())));
    const std::string head = TRY(signed_head(made.header, keys, scratch.path()));
    if (!fs::absolute(into).parent_path().empty()) TRY(make_directories(fs::absolute(into).parent_path()));
    Parts out(into, parts.split);
    TRY(out.add(head));
    for (const auto& chunk : made.chunks) TRY(out.add(chunk));
    return out.finish();
}

Result<std::uint64_t> part_size(const std::string& text) {
    const auto bytes = holdfast::parse_size(text);
    if (!bytes) return fail(Code::Corrupt, "'" + text + "' is no size; write bytes, or 700M, or 4G");
    if (*bytes < mebibyte) return fail(Code::Corrupt, "'" + text + "' as the size of a part: write 1M or more");
    return *bytes;
}

}  // namespace holdfast::publish
