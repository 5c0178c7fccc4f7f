#include "content/unbundle.hpp"

#include "base/crash_point.hpp"
#include "base/file.hpp"
#include "content/delta.hpp"
#include "content/facts.hpp"
#include "content/glib.hpp"
#include "content/sources.hpp"

#include <malloc.h>
#include <zstd.h>

namespace holdfast::content {

namespace {

namespace fs = std::filesystem;

using ContentWriter = Handle<OstreeContentWriter, g_object_unref>;

// Writes records into the repository, each file packed again as its pieces say.
class Receiver final : public Records {
public:
    explicit Receiver(OstreeRepo* repo) : repo_(repo) {}

    // The files so far, for ranges that refer to them.
    const std::vector<std::string>& files() const { return files_; }

    Result<> take(const MetadataRecord& record) override {
        const auto type = static_cast<OstreeObjectType>(record.type);  // only these two come that way
        if (type != OSTREE_OBJECT_TYPE_DIR_TREE && type != OSTREE_OBJECT_TYPE_DIR_META)
            return fail(Code::Corrupt, "an object of type " + std::to_string(record.type));
        const char* format = type == OSTREE_OBJECT_TYPE_DIR_TREE ? "(a(say)a(sayay))" : "(uuua(ayay))";
        const Variant object = variant_of(format, record.bytes);
        Failure failure;
        guchar* checksum = nullptr;
        if (!ostree_repo_write_metadata(repo_, type, nullptr, object.get(), &checksum, nullptr, &failure))
            return failure.as_error("cannot write a folder's object");
        g_free(checksum);
        return {};
    }

    Result<> take(const SymlinkRecord& record) override {
        Failure failure;
        const std::string target(record.target);
        const Text checksum(ostree_repo_write_symlink(repo_, nullptr, record.owner.uid, record.owner.gid, nullptr,
                                                      target.c_str(), nullptr, &failure));
        if (!checksum) return failure.as_error("cannot write a symlink's object");
        return {};
    }

    Result<> begin(const FileRecord& record) override {
        pieces_ = record.pieces;
        piece_ = 0;
        const Variant attributes = record.attributes.empty() ? nullptr : variant_of("a(ayay)", record.attributes);
        Failure failure;
        writer_.reset(ostree_repo_write_regfile(repo_, nullptr, record.owner.uid, record.owner.gid, record.owner.mode,
                                                record.packed(), attributes.get(), &failure));
        if (!writer_) return failure.as_error("cannot begin a file's object");
        if (!pieces_.empty()) open_piece();
        return {};
    }

    Result<> bytes(std::string_view bytes) override {
        while (!bytes.empty()) {
            TRY(next_piece());
            const auto part = bytes.substr(0, missing_);
            TRY(stream_->add(part));
            missing_ -= part.size();
            bytes.remove_prefix(part.size());
        }
        return {};
    }

    Result<> finish() override {
        while (piece_ < pieces_.size()) TRY(end_piece());
        Failure failure;
        const Text checksum(ostree_content_writer_finish(writer_.get(), nullptr, &failure));
        if (!checksum) return failure.as_error("cannot finish a file's object");
        writer_.reset();
        files_.emplace_back(checksum.get());
        return {};
    }

private:
    void open_piece() {
        missing_ = pieces_[piece_].plain;
        packed_ = 0;
        stream_ = packer(pieces_[piece_].packing, missing_, [this](std::string_view part) { return write(part); });
    }
    // Pieces end where their bytes do; a piece of none, too.
    Result<> next_piece() {
        while (missing_ == 0) TRY(end_piece());
        return {};
    }
    Result<> end_piece() {
        if (piece_ >= pieces_.size()) return fail(Code::Corrupt, "a file with more bytes than its pieces");
        TRY(stream_->end());
        if (packed_ != pieces_[piece_].packed)
            return fail(Code::Corrupt, "a file packs to " + std::to_string(packed_) + " bytes here and not to " +
                                           std::to_string(pieces_[piece_].packed) + "; a full bundle helps");
        if (++piece_ < pieces_.size()) open_piece();
        return {};
    }
    Result<> write(std::string_view part) {
        packed_ += part.size();
        if (packed_ > pieces_[piece_].packed) return {};  // told at its end
        Failure failure;
        if (!g_output_stream_write_all(G_OUTPUT_STREAM(writer_.get()), part.data(), part.size(), nullptr, nullptr,
                                       &failure))
            return failure.as_error("cannot write a file's object");
        return {};
    }

    OstreeRepo* repo_;
    std::vector<std::string> files_;
    ContentWriter writer_;
    std::vector<Piece> pieces_;
    std::size_t piece_ = 0;
    std::uint64_t missing_ = 0, packed_ = 0;  // plain bytes that the piece still wants; packed bytes it has made
    std::unique_ptr<Stream> stream_;
};

// The old commit's files and folders by number, without their paths: on a small computer those are half the memory.
struct OldObjects {
    std::vector<std::string> files, folders;
};

Result<OldObjects> old_objects(OstreeRepo* repo, const std::string& commit) {
    OldObjects objects;
    if (commit.empty()) return objects;
    const Tree tree = TRY(tree_of(repo, commit));
    for (const auto& file : tree.files) objects.files.push_back(file.checksum);
    for (const auto& folder : tree.folders) objects.folders.push_back(folder.checksum);
    return objects;
}

// Unpacks chunks one by one; the buffers stay.
class Unpacker {
public:
    Unpacker(OstreeRepo* repo, const fs::path& scratch, OldObjects old)
        : receiver_(repo), parser_(receiver_), sources_(repo, scratch), old_(std::move(old)) {
        ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, 24);
    }

    Result<> add(std::string_view chunk) {
        const auto parsed = TRY(parse_chunk(chunk));
        prefix_.clear();
        for (const auto& range : parsed.head.ranges) TRY(gather(range));
        plain_.resize(parsed.head.plain);
        ZSTD_DCtx_refPrefix(context_.get(), prefix_.data(), prefix_.size());
        const std::size_t size =
            ZSTD_decompressDCtx(context_.get(), plain_.data(), plain_.size(), parsed.frame.data(), parsed.frame.size());
        if (ZSTD_isError(size) || size != plain_.size())
            return fail(Code::Corrupt, std::string("a chunk does not unpack: ") +
                                           (ZSTD_isError(size) ? ZSTD_getErrorName(size) : "it is too short"));
        return parser_.add(plain_);
    }
    Result<> end() const { return parser_.end(); }

private:
    Result<> gather(const Range& range) {
        const auto missing = fail(Code::Corrupt, "a chunk refers to a file that is not there");
        if (range.of == Range::Of::Fresh) {
            if (range.file >= receiver_.files().size()) return missing;
            return sources_.append(receiver_.files()[range.file], range.pieces, range.begin, range.size, prefix_);
        }
        const auto& members = range.of == Range::Of::Old ? old_.files : old_.folders;
        if (range.file >= members.size()) return missing;
        const std::string& checksum = members[range.file];
        if (range.of == Range::Of::Old)
            return sources_.append(checksum, range.pieces, range.begin, range.size, prefix_);
        return sources_.append_folder(checksum, range.begin, range.size, prefix_);
    }

    Receiver receiver_;
    RecordParser parser_;
    Sources sources_;
    OldObjects old_;
    Handle<ZSTD_DCtx, ZSTD_freeDCtx> context_{ZSTD_createDCtx()};
    std::string prefix_, plain_;
};

Result<> write_commit(OstreeRepo* repo, const Content& content) {
    const Variant commit = variant_of("(a{sv}aya(say)sstayay)", content.object);
    Failure failure;
    if (!ostree_repo_write_metadata(repo, OSTREE_OBJECT_TYPE_COMMIT, content.commit.c_str(), commit.get(), nullptr,
                                    nullptr, &failure))
        return failure.as_error("cannot write the commit");
    const Variant metadata = variant_of("a{sv}", content.signature);
    if (!ostree_repo_write_commit_detached_metadata(repo, content.commit.c_str(), metadata.get(), nullptr, &failure))
        return failure.as_error("cannot write the commit's signature");
    return {};
}

Result<> unpack_all(const BundleFile& bundle, const Content& content, OstreeRepo* repo, const fs::path& scratch,
                    const Progress& progress) {
    Unpacker unpacker(repo, scratch, TRY(old_objects(repo, content.from)));
    for (std::uint64_t i = 0; i < content.chunks; ++i) {
        const std::string bytes = TRY(bundle.chunk(content.first + i));
        TRY(in("chunk " + std::to_string(content.first + i), unpacker.add(bytes)));
        crash_point("unbundle.chunk");
        if (progress) progress(i + 1, content.chunks);
    }
    TRY(unpacker.end());
    return write_commit(repo, content);
}

// Whatever the bundle brought or left out: a commit is there only with all its objects.
Result<> check_complete(OstreeRepo* repo, const std::string& commit) {
    Failure failure;
    GHashTable* found = nullptr;
    if (!ostree_repo_traverse_commit(repo, commit.c_str(), 0, &found, nullptr, &failure))
        return failure.as_error("commit " + commit + " is not whole");
    const Table objects(found);
    GHashTableIter each;
    g_hash_table_iter_init(&each, found);
    for (void* key = nullptr; g_hash_table_iter_next(&each, &key, nullptr);) {
        const char* checksum = nullptr;
        OstreeObjectType type{};
        ostree_object_name_deserialize(static_cast<GVariant*>(key), &checksum, &type);
        gboolean there = FALSE;
        if (!ostree_repo_has_object(repo, type, checksum, &there, nullptr, &failure))
            return failure.as_error("cannot look for an object");
        if (!there)
            return fail(Code::Corrupt, std::string("object ") + checksum + "." + ostree_object_type_to_string(type) +
                                           " is missing: it came out differently here; a full bundle helps");
    }
    return {};
}

Result<> in_transaction(OstreeRepo* repo, const std::function<Result<>()>& work) {
    Failure failure;
    if (!ostree_repo_prepare_transaction(repo, nullptr, nullptr, &failure))
        return failure.as_error("cannot begin to write");
    auto done = work();
    if (!done) {
        ostree_repo_abort_transaction(repo, nullptr, nullptr);
        return done;
    }
    crash_point("unbundle.unpacked");
    if (!ostree_repo_commit_transaction(repo, nullptr, nullptr, &failure))
        return failure.as_error("cannot finish writing");
    return {};
}

Result<> mark_partial(OstreeRepo* repo, const std::string& commit, gboolean partial) {
    Failure failure;
    if (!ostree_repo_mark_commit_partial(repo, commit.c_str(), partial, &failure))
        return failure.as_error("cannot mark commit " + commit);
    return {};
}

Result<> has_commit(OstreeRepo* repo, const std::string& commit) {
    OstreeRepoCommitState state{};
    Failure failure;
    GVariant* loaded = nullptr;
    const bool there = ostree_repo_load_commit(repo, commit.c_str(), &loaded, &state, &failure);
    const Variant owned(loaded);
    if (there && !(state & OSTREE_REPO_COMMIT_STATE_PARTIAL)) return {};
    return fail(Code::NotFound,
                "this is a difference to commit " + commit + ", which is not here; a full bundle helps");
}

// Libostree keeps 3 % of a file system free by itself; folders, links and the /etc of the new deployment come on top.
constexpr std::uint64_t beside = 64UL << 20U;

Result<> room_in(const fs::path& repo, std::uint64_t needed) {
    const Space space = TRY(space_at(repo));
    const std::uint64_t kept = space.whole / 100 * 3;
    if (needed + beside + kept <= space.free) return {};
    return fail(Code::NoSpace, "the system partition: " + std::to_string((needed + beside + kept) >> 20U) +
                                   " MiB needed (" + std::to_string(kept >> 20U) + " of them stay free), " +
                                   std::to_string(space.free >> 20U) + " MiB free; nothing was changed");
}

}  // namespace

Result<> check_content(const Header& header, const Content& content, const fs::path& sysroot, const Trust& trust) {
    TRY(in(content.ref, verify_object(content.object, content.signature, trust)));
    const Facts facts = TRY(in(content.ref, parse_commit(content.object)));
    TRY(check_binding(facts, content.ref));
    const fs::path repo = sysroot / "ostree/repo";
    const Repo opened = TRY(open_repo(repo));
    if (!content.from.empty()) TRY(has_commit(opened.get(), content.from));
    if (!header.packers.empty() && header.packers != packers())
        return fail(Code::NotFound, "this bundle is for boxes with " + header.packers + ", and here is " + packers() +
                                        "; a full bundle helps");
    return {};
}

Result<> room_for(const Header& header, const fs::path& sysroot) {
    const fs::path repo = sysroot / "ostree/repo";
    const Repo opened = TRY(open_repo(repo));
    std::uint64_t needed = 0;
    for (const auto& each : header.contents)
        if (!has_commit(opened.get(), each.commit)) needed += each.unpacked;
    return room_in(repo, needed);
}

Result<> unbundle(const BundleFile& bundle, const Content& content, const fs::path& sysroot, const Trust& trust,
                  const Progress& progress) {
    TRY(check_content(bundle.header(), content, sysroot, trust));
    TRY(room_in(sysroot / "ostree/repo", content.unpacked));
    const Repo repo = TRY(open_repo(sysroot / "ostree/repo"));
    if (has_commit(repo.get(), content.commit)) return {};
    TRY(mark_partial(repo.get(), content.commit, TRUE));
    TRY(in_transaction(repo.get(),
                       [&] { return unpack_all(bundle, content, repo.get(), sysroot / "ostree/repo/tmp", progress); }));
    crash_point("unbundle.written");
    ::malloc_trim(0);  // what unpacking left, before the list of all objects
    TRY(check_complete(repo.get(), content.commit));
    TRY(mark_partial(repo.get(), content.commit, FALSE));
    crash_point("unbundle.whole");
    return {};
}

}  // namespace holdfast::content
