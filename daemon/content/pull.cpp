#include "base/crash_point.hpp"
#include "content/glib.hpp"
#include "content/sysroot.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

namespace holdfast::content {

namespace {

struct Object {
    std::string checksum;
    OstreeObjectType type{};
};

// What one pull moves: from, to, and the objects in between, sorted as they lie in a repository that was packed into
// one file. The commit object goes last.
struct Copy {
    Repo from, to;
    std::string commit;
    std::vector<Object> objects;
};

Result<std::vector<Object>> reachable(OstreeRepo* repo, const std::string& commit) {
    GHashTable* found = nullptr;
    Failure failure;
    if (!ostree_repo_traverse_commit(repo, commit.c_str(), 0, &found, nullptr, &failure))
        return failure.as_error("commit " + commit);
    const Table names(found);
    std::vector<Object> objects;
    GHashTableIter iterator;
    gpointer name = nullptr;
    g_hash_table_iter_init(&iterator, names.get());
    while (g_hash_table_iter_next(&iterator, &name, nullptr)) {
        const char* checksum = nullptr;
        OstreeObjectType type{};
        ostree_object_name_deserialize(static_cast<GVariant*>(name), &checksum, &type);
        if (type != OSTREE_OBJECT_TYPE_COMMIT) objects.push_back({checksum, type});
    }
    std::ranges::sort(objects, {}, &Object::checksum);
    return objects;
}

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

// Checksums keep one processor busy while the disk waits, so several work on it, side by side along the list. This is
// what libostree's own pull does with objects of files; the few others, which it does not, have been copied before.
class Workers {
public:
    Workers(const Copy& copy, const Progress& progress) : copy_(copy), progress_(progress) {}

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
        for (std::size_t i = next_++; i < copy_.objects.size() && !failed_; i = next_++) {
            auto copied = copy_object(copy_, copy_.objects[i]);
            const std::lock_guard locked(mutex_);
            if (copied && progress_) progress_(++done_, copy_.objects.size());
            if (copied || failed_.exchange(true)) continue;
            outcome_ = std::move(copied);
        }
    }

    const Copy& copy_;
    const Progress& progress_;
    std::atomic<std::size_t> next_ = 0;
    std::atomic<bool> failed_ = false;
    std::mutex mutex_;  // for what follows, and `progress_`
    std::uint64_t done_ = 0;
    Result<> outcome_;
};

Result<> copy_objects(const Copy& copy, const Progress& progress) {
    for (const auto& object : copy.objects)
        if (object.type != OSTREE_OBJECT_TYPE_FILE) TRY(copy_object(copy, object));
    TRY(Workers(copy, progress).run());
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
    TRY(verify_commit(pull.from, commit, pull.keyring));
    const std::filesystem::path target = sysroot / "ostree/repo";
    Copy copy{TRY(open_repo(pull.from)), TRY(open_repo(target)), commit, {}};
    copy.objects = TRY(reachable(copy.from.get(), commit));
    // Until everything is there the commit counts as partial, for us and for every ostree command.
    Failure failure;
    if (!ostree_repo_mark_commit_partial(copy.to.get(), commit.c_str(), TRUE, &failure))
        return failure.as_error("cannot mark commit " + commit);
    TRY(copy_in_transaction(copy, progress));
    if (!ostree_repo_mark_commit_partial(copy.to.get(), commit.c_str(), FALSE, &failure))
        return failure.as_error("cannot mark commit " + commit);
    TRY(verify_commit(target, commit, pull.keyring));
    return commit;
}

}  // namespace holdfast::content
