#include "base/crash_point.hpp"
#include "content/glib.hpp"
#include "content/sysroot.hpp"

namespace holdfast::content {

namespace {

// What one pull moves: from, to, and the objects in between. The commit object goes last.
struct Copy {
    Repo from, to;
    std::string commit;
    Table objects;  // of serialized object names
};

Result<Table> reachable(OstreeRepo* repo, const std::string& commit) {
    GHashTable* found = nullptr;
    Failure failure;
    if (!ostree_repo_traverse_commit(repo, commit.c_str(), 0, &found, nullptr, &failure))
        return failure.as_error("commit " + commit);
    return Table(found);
}

Result<> copy_object(const Copy& copy, const char* checksum, OstreeObjectType type) {
    Failure failure;
    gboolean present = FALSE;
    if (!ostree_repo_has_object(copy.to.get(), type, checksum, &present, nullptr, &failure))
        return failure.as_error("cannot look for an object");
    if (present) return {};
    // "trusted" is FALSE: every object's checksum is computed anew while it is copied.
    if (!ostree_repo_import_object_from_with_trust(copy.to.get(), copy.from.get(), type, checksum, FALSE, nullptr,
                                                   &failure))
        return failure.as_error(std::string("object ") + checksum + "." + ostree_object_type_to_string(type));
    return {};
}

Result<> copy_objects(const Copy& copy, const Progress& progress) {
    const std::uint64_t total = g_hash_table_size(copy.objects.get());
    std::uint64_t done = 0;
    GHashTableIter iterator;
    gpointer name = nullptr;
    g_hash_table_iter_init(&iterator, copy.objects.get());
    while (g_hash_table_iter_next(&iterator, &name, nullptr)) {
        const char* checksum = nullptr;
        OstreeObjectType type{};
        ostree_object_name_deserialize(static_cast<GVariant*>(name), &checksum, &type);
        if (type != OSTREE_OBJECT_TYPE_COMMIT) TRY(copy_object(copy, checksum, type));
        if (progress) progress(++done, total);
    }
    return copy_object(copy, copy.commit.c_str(), OSTREE_OBJECT_TYPE_COMMIT);
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
    Copy copy{TRY(open_repo(pull.from)), TRY(open_repo(target)), commit, nullptr};
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
