// What was written, as the disk gives it and not as the kernel still remembers it.
#include "base/file.hpp"
#include "base/handle.hpp"
#include "content/glib.hpp"
#include "content/sysroot.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace holdfast::content {

namespace {

namespace fs = std::filesystem;

Result<Table> objects_of(OstreeRepo* repo, const std::string& commit) {
    GHashTable* found = nullptr;
    Failure failure;
    if (!ostree_repo_traverse_commit(repo, commit.c_str(), 0, &found, nullptr, &failure))
        return failure.as_error("cannot list the objects of commit " + commit);
    return Table(found);
}

// The kernel drops what it has of a file, all of which is on the disk already.
void forget_pages(const fs::path& repo, const char* checksum, OstreeObjectType type) {
    const std::string name(checksum);
    const fs::path file =
        repo / "objects" / name.substr(0, 2) / (name.substr(2) + "." + ostree_object_type_to_string(type));
    const Fd opened(::open(file.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    if (opened) ::posix_fadvise(opened.number(), 0, 0, POSIX_FADV_DONTNEED);
}

}  // namespace

Result<> read_back(const fs::path& sysroot, const std::string& commit, const std::string& known) {
    const fs::path place = sysroot / "ostree/repo";
    const Repo repo = TRY(open_repo(place));
    const Table all = TRY(objects_of(repo.get(), commit));
    const Table before = TRY(objects_of(repo.get(), known));
    const Fd folder(::open(place.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder || ::syncfs(folder.number()) < 0)
        return std::unexpected(system_error(errno, place, "cannot be brought to the disk"));
    GHashTableIter each;
    g_hash_table_iter_init(&each, all.get());
    for (gpointer name = nullptr; g_hash_table_iter_next(&each, &name, nullptr);) {
        if (g_hash_table_contains(before.get(), name)) continue;
        const char* checksum = nullptr;
        OstreeObjectType type{};
        ostree_object_name_deserialize(static_cast<GVariant*>(name), &checksum, &type);
        forget_pages(place, checksum, type);
        Failure failure;
        if (!ostree_repo_fsck_object(repo.get(), type, checksum, nullptr, &failure))
            return fail(Code::Corrupt, "the disk gives back other bytes than were written: object " +
                                           std::string(checksum) + ": " + failure.what());
    }
    return {};
}

}  // namespace holdfast::content
