#include "base/crash_point.hpp"
#include "content/glib.hpp"
#include "content/sysroot.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <set>
#include <thread>
#include <unordered_set>

namespace holdfast::content {

namespace {

struct Object {
    std::string checksum;
    OstreeObjectType type{};
};

// What one pull moves: from where, to where.
struct Copy {
    Repo from, to;
    std::string commit;
};

Result<> copy_object(const Copy& copy, const Object& object) {
    Failure failure;
    gboolean present = FALSE;
    const char* checksum = object.checksum.c_str();
    if (!ostree_repo_has_object(copy.to.get(), object.type, checksum, &present, nullptr, &failure))
        return failure.as_error("cannot look for an object");
    if (present) return {};
    // "trusted" is FALSE: every object's checksum is computed anew while it is copied.
    if (!ostree_repo_import_object_from_with_trust(copy.to.get(), copy.from.get(), object.type, checksum, FALSE,
                                                   nullptr, &failure))
        return failure.as_error("object " + object.checksum + "." + ostree_object_type_to_string(object.type));
    return {};
}

std::string checksum_in(GVariant* commit, gsize child) {
    const Variant bytes(g_variant_get_child_value(commit, child));
    return Text(ostree_checksum_from_bytes_v(bytes.get())).get();
}

// Copies the folders of a commit from its root down, and gathers the files in them. Each is read from the source once,
// level by level in the order in which a packed repository has them, and then looked at where it arrived: a medium is
// slow at reading here and there.
class Folders {
public:
    Folders(const Copy& copy, const Progress& progress) : copy_(copy), progress_(progress) {}

    // The checksums of all files, in that order, too.
    Result<std::vector<std::string>> copy() {
        Failure failure;
        GVariant* loaded = nullptr;
        if (!ostree_repo_load_commit(copy_.from.get(), copy_.commit.c_str(), &loaded, nullptr, &failure))
            return failure.as_error("commit " + copy_.commit);
        const Variant commit(loaded);
        // Children 6 and 7 of OSTREE_COMMIT_GVARIANT_FORMAT: the root's contents and metadata.
        add(checksum_in(commit.get(), 6), checksum_in(commit.get(), 7));
        while (!trees_.empty()) TRY(copy_level(std::exchange(trees_, {}), std::exchange(metadata_, {})));
        return std::vector<std::string>(files_.begin(), files_.end());
    }

private:
    using Checksums = std::set<std::string>;

    void add(const std::string& tree, const std::string& metadata) {
        if (seen_.insert(metadata).second) metadata_.insert(metadata);
        if (seen_.insert(tree).second) trees_.insert(tree);
    }

    Result<> copy_level(const Checksums& trees, const Checksums& metadata) {
        for (const auto& each : metadata) TRY(copy_object(copy_, {each, OSTREE_OBJECT_TYPE_DIR_META}));
        for (const auto& each : trees) {
            TRY(copy_object(copy_, {each, OSTREE_OBJECT_TYPE_DIR_TREE}));
            if (progress_) progress_(0, 0);
        }
        for (const auto& each : trees) TRY(look_into(each));
        return {};
    }

    Result<> look_into(const std::string& tree) {
        Failure failure;
        GVariant* loaded = nullptr;
        if (!ostree_repo_load_variant(copy_.to.get(), OSTREE_OBJECT_TYPE_DIR_TREE, tree.c_str(), &loaded, &failure))
            return failure.as_error("folder " + tree);
        const Variant folder(loaded);
        Walk walk;
        if (!ostree_repo_commit_traverse_iter_init_dirtree(&walk.iterator, copy_.to.get(), folder.get(),
                                                           OSTREE_REPO_COMMIT_TRAVERSE_FLAG_NONE, &failure))
            return failure.as_error("folder " + tree);
        for (;;) {
            char *name = nullptr, *content = nullptr, *metadata = nullptr;
            switch (ostree_repo_commit_traverse_iter_next(&walk.iterator, nullptr, &failure)) {
                case OSTREE_REPO_COMMIT_ITER_RESULT_END: return {};
                case OSTREE_REPO_COMMIT_ITER_RESULT_ERROR: return failure.as_error("folder " + tree);
                case OSTREE_REPO_COMMIT_ITER_RESULT_FILE:
                    ostree_repo_commit_traverse_iter_get_file(&walk.iterator, &name, &content);
                    files_.insert(content);
                    break;
                case OSTREE_REPO_COMMIT_ITER_RESULT_DIR:
                    ostree_repo_commit_traverse_iter_get_dir(&walk.iterator, &name, &content, &metadata);
                    add(content, metadata);
            }
        }
    }

    struct Walk {
        OstreeRepoCommitTraverseIter iterator{};
        Walk() = default;
        Walk(const Walk&) = delete;
        Walk& operator=(const Walk&) = delete;
        ~Walk() { ostree_repo_commit_traverse_iter_clear(&iterator); }
    };

    const Copy& copy_;
    const Progress& progress_;
    std::unordered_set<std::string> seen_;
    Checksums trees_, metadata_;  // of the next level
    Checksums files_;
};

// Checksums keep one processor busy while the disk waits, so several work on it, side by side along the list. This is
// what libostree's own pull does with objects of files.
class Workers {
public:
    Workers(const Copy& copy, std::vector<std::string> files, const Progress& progress)
        : copy_(copy), files_(std::move(files)), progress_(progress) {}

    Result<> run() {
        {
            std::vector<std::jthread> threads;
            const unsigned count = std::clamp(std::thread::hardware_concurrency(), 1U, 8U);
            for (unsigned i = 0; i < count; ++i) threads.emplace_back([this] { work(); });
        }
        return outcome_;
    }

private:
    void work() {
        for (std::size_t i = next_++; i < files_.size() && !failed_; i = next_++) {
            auto copied = copy_object(copy_, {files_[i], OSTREE_OBJECT_TYPE_FILE});
            const std::lock_guard locked(mutex_);
            if (copied && progress_) progress_(++done_, files_.size());
            if (copied || failed_.exchange(true)) continue;
            outcome_ = std::move(copied);
        }
    }

    const Copy& copy_;
    const std::vector<std::string> files_;
    const Progress& progress_;
    std::atomic<std::size_t> next_ = 0;
    std::atomic<bool> failed_ = false;
    std::mutex mutex_;  // for what follows, and `progress_`
    std::uint64_t done_ = 0;
    Result<> outcome_;
};

Result<> copy_objects(const Copy& copy, const Progress& progress) {
    auto files = TRY(Folders(copy, progress).copy());
    TRY(Workers(copy, std::move(files), progress).run());
    return copy_object(copy, {copy.commit, OSTREE_OBJECT_TYPE_COMMIT});
}

// The signature stands in the commit's detached metadata.
Result<> copy_signature(const Copy& copy) {
    Failure failure;
    GVariant* metadata = nullptr;
    if (!ostree_repo_read_commit_detached_metadata(copy.from.get(), copy.commit.c_str(), &metadata, nullptr, &failure))
        return failure.as_error("signature of commit " + copy.commit);
    const Variant owned(metadata);
    if (metadata &&
        !ostree_repo_write_commit_detached_metadata(copy.to.get(), copy.commit.c_str(), metadata, nullptr, &failure))
        return failure.as_error("signature of commit " + copy.commit);
    return {};
}

Result<> copy_in_transaction(const Copy& copy, const Progress& progress) {
    Failure failure;
    if (!ostree_repo_prepare_transaction(copy.to.get(), nullptr, nullptr, &failure))
        return failure.as_error("cannot begin to write");
    auto copied = copy_objects(copy, progress);
    if (copied) copied = copy_signature(copy);
    if (!copied) {
        ostree_repo_abort_transaction(copy.to.get(), nullptr, nullptr);
        return copied;
    }
    crash_point("pull.copied");
    if (!ostree_repo_commit_transaction(copy.to.get(), nullptr, nullptr, &failure))
        return failure.as_error("cannot finish writing");
    return {};
}

}  // namespace

Result<std::string> pull(const Pull& pull, const std::filesystem::path& sysroot, const Progress& progress) {
    const std::string commit = TRY(resolve(pull.from, pull.what));
    TRY(verify_commit(pull.from, commit, pull.trust));
    const std::filesystem::path target = sysroot / "ostree/repo";
    const Copy copy{TRY(open_repo(pull.from)), TRY(open_repo(target)), commit};
    // Until everything is there the commit counts as partial, for us and for every ostree command.
    Failure failure;
    if (!ostree_repo_mark_commit_partial(copy.to.get(), commit.c_str(), TRUE, &failure))
        return failure.as_error("cannot mark commit " + commit);
    TRY(copy_in_transaction(copy, progress));
    if (!ostree_repo_mark_commit_partial(copy.to.get(), commit.c_str(), FALSE, &failure))
        return failure.as_error("cannot mark commit " + commit);
    TRY(verify_commit(target, commit, pull.trust));
    return commit;
}

}  // namespace holdfast::content
