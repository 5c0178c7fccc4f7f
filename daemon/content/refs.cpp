#include "content/refs.hpp"

#include "content/glib.hpp"

namespace holdfast::content {

Result<> set_ref(const std::filesystem::path& repo, const std::string& ref, const std::string& commit) {
    const Repo opened = TRY(open_repo(repo));
    Failure failure;
    if (!ostree_repo_set_ref_immediate(opened.get(), nullptr, ref.c_str(), commit.c_str(), nullptr, &failure))
        return failure.as_error("cannot name commit " + commit);
    return {};
}

Result<> drop_ref(const std::filesystem::path& repo, const std::string& ref) {
    const Repo opened = TRY(open_repo(repo));
    Failure failure;
    char* found = nullptr;
    if (!ostree_repo_resolve_rev(opened.get(), ref.c_str(), TRUE, &found, &failure)) return failure.as_error(ref);
    if (!found) return {};
    const Text owned(found);
    if (!ostree_repo_set_ref_immediate(opened.get(), nullptr, ref.c_str(), nullptr, nullptr, &failure))
        return failure.as_error("cannot take the name '" + ref + "' away");
    return {};
}

bool is_whole(const std::filesystem::path& repo, const std::string& commit) {
    const auto opened = open_repo(repo);
    OstreeRepoCommitState state{};
    GVariant* loaded = nullptr;
    if (!opened || !ostree_repo_load_commit(opened->get(), commit.c_str(), &loaded, &state, nullptr)) return false;
    const Variant owned(loaded);
    return !(state & OSTREE_REPO_COMMIT_STATE_PARTIAL);
}

Result<std::uint64_t> file_size(const std::filesystem::path& repo, const std::string& commit,
                                const std::filesystem::path& file) {
    const Repo opened = TRY(open_repo(repo));
    Failure failure;
    GFile* root = nullptr;
    if (!ostree_repo_read_commit(opened.get(), commit.c_str(), &root, nullptr, nullptr, &failure))
        return failure.as_error("commit " + commit);
    const File owned(root);
    const File found(g_file_resolve_relative_path(root, file.relative_path().c_str()));
    const FileInfo info(g_file_query_info(found.get(), G_FILE_ATTRIBUTE_STANDARD_SIZE,
                                          G_FILE_QUERY_INFO_NOFOLLOW_SYMLINKS, nullptr, &failure));
    if (!info) return failure.as_error(file.string() + " in commit " + commit);
    return static_cast<std::uint64_t>(g_file_info_get_size(info.get()));
}

}  // namespace holdfast::content
