#include "publish/delta.hpp"

#include "content/objects.hpp"
#include "content/sources.hpp"
#include "publish/compressor.hpp"
#include "publish/counterparts.hpp"
#include "publish/embedded.hpp"
#include "publish/pieces.hpp"

#include <algorithm>
#include <deque>
#include <functional>
#include <future>
#include <optional>
#include <set>
#include <thread>

namespace holdfast::publish {

namespace {

using content::Member;
using content::Range;
using content::Tree;

// Files from here on are cut over several chunks, and come last: they may hold others, as an initrd does.
constexpr std::uint64_t large = content::plain_limit / 2;

std::uint64_t on_disk(std::uint64_t bytes) {
    return (bytes + 4095) / 4096 * 4096 + 512;  // blocks, and the inode
}

// What is new: objects of `to` that `from` does not have, each once, in the order of the tree.
struct News {
    std::vector<Member> files, folders;
    std::vector<std::string> attributes;  // dirmeta objects
};

News news_of(const Tree& from, const Tree& to) {
    std::set<std::string> known;
    for (const auto* list : {&from.files, &from.folders})
        for (const auto& member : *list) known.insert(member.checksum);
    for (const auto& folder : from.folders) known.insert(folder.attributes);
    News news;
    for (const auto& file : to.files)
        if (known.insert(file.checksum).second) news.files.push_back(file);
    for (const auto& folder : to.folders) {
        if (known.insert(folder.checksum).second) news.folders.push_back(folder);
        if (known.insert(folder.attributes).second) news.attributes.push_back(folder.attributes);
    }
    return news;
}

// A range with the bytes that it stands for.
struct Filled {
    Range range;
    std::string bytes;
};

class Maker {
public:
    Maker(const DeltaParts& parts, content::Objects& objects, Tree from, const Tree& to)
        : parts_(parts),
          objects_(objects),
          from_(std::move(from)),
          news_(news_of(from_, to)),
          old_files_(from_.files),
          old_folders_(from_.folders),
          sources_(objects.repo(), parts.scratch) {}

    Result<Delta> make(const Progress& progress) {
        for (const auto& each : news_.attributes) TRY(add_metadata(content::attributes_object, each, std::nullopt));
        for (const auto& folder : news_.folders)
            TRY(add_metadata(content::folder_object, folder.checksum, old_folders_.find(folder.path)));
        std::vector<Member> last;
        std::uint64_t done = 0;
        const auto add = [&](const Member& member, const Loaded& loaded, std::uint64_t limit) -> Result<> {
            if (TRY(add_file(member, loaded, limit)))
                ++done;
            else
                last.push_back(member);
            if (progress) progress(done, news_.files.size());
            return {};
        };
        TRY(load_each(news_.files, [&](const Member& m, const Loaded& l) { return add(m, l, large); }));
        const auto larger = std::exchange(last, {});
        TRY(load_each(larger, [&](const Member& m, const Loaded& l) { return add(m, l, content::file_limit); }));
        flush();
        delta_.chunks = compressor_.finish();
        return std::move(delta_);
    }

private:
    // Folders are small and much alike from release to release.
    Result<> add_metadata(std::uint8_t type, const std::string& checksum, std::optional<std::size_t> old) {
        const std::string bytes = TRY(objects_.metadata(type, checksum));
        content::Writer record;
        content::write_record(record, content::MetadataRecord{type, bytes});
        std::vector<Filled> filled;
        if (old) {
            const std::string before = TRY(objects_.metadata(content::folder_object, from_.folders[*old].checksum));
            if (before.size() <= content::prefix_limit / 4)
                filled.push_back({{Range::Of::Folder, *old, {}, 0, before.size()}, before});
        }
        count(bytes.size());
        add(record.str(), std::move(filled));
        return {};
    }

    void count(std::uint64_t bytes) {
        delta_.unpacked += on_disk(bytes);
        ++delta_.objects;
    }

    struct Old {
        std::size_t number;
        Flat flat;
    };
    // A new file, and the old one that it may have come from.
    struct Loaded {
        content::FileObject object;  // without its bytes, unless it is a symlink
        std::uint64_t size = 0;
        Flat flat;
        std::optional<Old> old;
    };

    Result<Loaded> load(const Member& member) const {
        Loaded loaded;
        loaded.object = TRY(objects_.file(member.checksum));
        if (loaded.object.symlink) return loaded;
        loaded.size = loaded.object.bytes.size();
        loaded.flat = flattened(std::exchange(loaded.object.bytes, {}), Again::Yes);
        const auto number = old_files_.find(member.path);
        if (!number) return loaded;
        auto before = TRY(objects_.file(from_.files[*number].checksum));
        if (!before.symlink) loaded.old = Old{*number, flattened(std::move(before.bytes), Again::No)};
        return loaded;
    }

    // Packing again what is packed is most of the work, so several files are loaded ahead.
    Result<> load_each(const std::vector<Member>& members,
                       const std::function<Result<>(const Member&, const Loaded&)>& take) {
        const std::size_t ahead = 2UL * std::max(1U, std::thread::hardware_concurrency());
        std::deque<std::future<Result<Loaded>>> coming;
        std::size_t next = 0;
        for (const auto& member : members) {
            for (; next < members.size() && coming.size() < ahead; ++next)
                coming.push_back(std::async(std::launch::async, [this, &m = members[next]] { return load(m); }));
            auto loaded = coming.front().get();
            coming.pop_front();
            if (!loaded) return std::unexpected(loaded.error());
            TRY(take(member, *loaded));
        }
        return {};
    }

    // False, with nothing done, where the file has more bytes than `limit` once it is flat.
    Result<bool> add_file(const Member& member, const Loaded& loaded, std::uint64_t limit) {
        content::Writer record;
        if (loaded.object.symlink) {
            content::write_record(record, content::SymlinkRecord{loaded.object.owner, loaded.object.bytes});
            count(0);
            add(record.str(), {});
            return true;
        }
        const Flat& flat = loaded.flat;
        if (flat.bytes.size() > limit) return false;
        count(loaded.size);
        delta_.repacks = delta_.repacks || !flat.as_it_is();
        content::write_record(record, content::FileRecord{loaded.object.owner, loaded.object.attributes, flat.pieces});
        if (flat.bytes.size() > large)
            TRY(add_large(record.str(), loaded));
        else
            add(record.str() + flat.bytes, whole_counterpart(loaded));
        remember(member, flat);
        return true;
    }

    Flat flattened(std::string bytes, Again again) const {
        if (parts_.repack == Repack::Yes) return flatten(std::move(bytes), again);
        Flat flat;
        if (!bytes.empty()) flat.pieces = {{content::Packing::None, bytes.size(), bytes.size()}};
        flat.bytes = std::move(bytes);
        return flat;
    }

    void remember(const Member& member, const Flat& flat) {
        // Without differences there is nothing that a file inside of another would save much of.
        if (parts_.repack == Repack::Yes) samples_.add(fresh_.size(), flat.bytes);
        fresh_.push_back(
            {member.checksum, flat.as_it_is() ? std::vector<content::Piece>() : flat.pieces, flat.bytes.size()});
    }

    static Filled part_of(const Old& old, std::uint64_t begin, std::uint64_t size) {
        return {{Range::Of::Old, old.number, old.flat.as_it_is() ? std::vector<content::Piece>() : old.flat.pieces,
                 begin, size},
                old.flat.bytes.substr(begin, size)};
    }

    static std::vector<Filled> whole_counterpart(const Loaded& loaded) {
        std::vector<Filled> filled;
        if (const auto& old = loaded.old; old && !old->flat.bytes.empty())
            filled.push_back(
                part_of(*old, 0, std::min<std::uint64_t>(old->flat.bytes.size(), content::prefix_limit / 2)));
        return filled;
    }

    // Slice by slice, each with what it most likely is made of: new files that it holds, and the stretch of its
    // counterpart that lies where the slice does.
    Result<> add_large(const std::string& record, const Loaded& loaded) {
        flush();
        const auto& old = loaded.old;
        Samples old_samples;
        if (old) old_samples.add(0, old->flat.bytes);
        const std::string all = record + loaded.flat.bytes;
        for (std::uint64_t at = 0; at < all.size(); at += content::plain_limit) {
            const std::string slice = all.substr(at, content::plain_limit);
            auto filled = TRY(held_by(slice));
            std::uint64_t taken = 0;
            for (const auto& each : filled) taken += each.bytes.size();
            if (old) filled.push_back(stretch(*old, old_samples, slice, at, content::prefix_limit - taken));
            add(slice, std::move(filled));
            flush();
        }
        return {};
    }

    // The parts of new files that lie in the slice, at most half a prefix of them.
    Result<std::vector<Filled>> held_by(std::string_view slice) {
        std::vector<Filled> filled;
        std::set<std::size_t> seen;
        if (parts_.repack == Repack::No) return filled;
        std::uint64_t left = content::prefix_limit / 2;
        for (const auto& hit : samples_.find(slice)) {
            if (!seen.insert(hit.file).second) continue;
            const auto& file = fresh_[hit.file];
            const auto begin = static_cast<std::uint64_t>(std::max<std::int64_t>(0, -hit.begin));
            if (begin >= file.size) continue;
            const std::uint64_t size = std::min({file.size - begin, std::uint64_t{slice.size()}, left});
            Filled each{{Range::Of::Fresh, hit.file, file.pieces, begin, size}, {}};
            TRY(sources_.append(file.checksum, file.pieces, begin, size, each.bytes));
            left -= size;
            filled.push_back(std::move(each));
            if (left == 0) break;
        }
        return filled;
    }

    // As much of the counterpart as fits, from where the slice's bytes are most of them.
    static Filled stretch(const Old& old, const Samples& samples, std::string_view slice, std::uint64_t at,
                          std::uint64_t size) {
        const std::uint64_t whole = old.flat.bytes.size();
        size = std::min(size, whole);
        std::vector<std::int64_t> begins;
        for (const auto& hit : samples.find(slice)) begins.push_back(-hit.begin);
        std::ranges::sort(begins);
        // Where the slice's first byte was: by its samples, else where it is now.
        const std::int64_t was = begins.empty() ? static_cast<std::int64_t>(at) : begins[begins.size() / 2];
        const std::int64_t slack = (static_cast<std::int64_t>(size) - static_cast<std::int64_t>(slice.size())) / 2;
        const std::int64_t begin = std::clamp<std::int64_t>(was - slack, 0, static_cast<std::int64_t>(whole - size));
        return part_of(old, static_cast<std::uint64_t>(begin), size);
    }

    void add(const std::string& plain, std::vector<Filled> filled) {
        std::uint64_t prefix = job_.prefix.size();
        for (const auto& each : filled) prefix += each.bytes.size();
        const bool full = job_.plain.size() + plain.size() > content::plain_limit || prefix > content::prefix_limit ||
                          job_.head.ranges.size() + filled.size() > content::ranges_limit / 2;
        if (full) flush();
        job_.plain += plain;
        for (auto& each : filled) {
            job_.prefix += each.bytes;
            job_.head.ranges.push_back(std::move(each.range));
        }
    }

    void flush() {
        if (job_.plain.empty()) return;
        job_.head.plain = job_.plain.size();
        compressor_.add(std::exchange(job_, {}));
    }

    struct Fresh {
        std::string checksum;
        std::vector<content::Piece> pieces;
        std::uint64_t size;
    };

    const DeltaParts& parts_;
    content::Objects& objects_;
    Tree from_;
    News news_;
    Counterparts old_files_, old_folders_;
    content::Sources sources_;
    Compressor compressor_;
    Samples samples_;
    std::vector<Fresh> fresh_;
    Job job_;
    Delta delta_;
};

}  // namespace

Result<Delta> make_delta(const DeltaParts& parts, const Progress& progress) {
    auto objects = TRY(content::Objects::open(parts.repo));
    Tree from;
    if (!parts.from.empty()) from = TRY(in("commit " + parts.from, content::tree_of(objects.repo(), parts.from)));
    const Tree to = TRY(content::tree_of(objects.repo(), parts.to));
    Maker maker(parts, objects, std::move(from), to);
    return maker.make(progress);
}

}  // namespace holdfast::publish
