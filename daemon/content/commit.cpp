#include "content/glib.hpp"
#include "content/sysroot.hpp"

#include <algorithm>

namespace holdfast::content {

namespace {

Result<File> file_in(const std::filesystem::path& repo, const std::string& commit, const std::filesystem::path& file) {
    const Repo opened = TRY(open_repo(repo));
    Failure failure;
    GFile* root = nullptr;
    if (!ostree_repo_read_commit(opened.get(), commit.c_str(), &root, nullptr, nullptr, &failure))
        return failure.as_error("commit " + commit);
    const File owned(root);
    return File(g_file_resolve_relative_path(root, file.relative_path().c_str()));
}

}  // namespace

Result<std::string> resolve(const std::filesystem::path& repo, const std::string& ref_or_commit) {
    const Repo opened = TRY(open_repo(repo));
    Failure failure;
    char* found = nullptr;
    if (!ostree_repo_resolve_rev(opened.get(), ref_or_commit.c_str(), FALSE, &found, &failure))
        return fail(Code::NotFound, "'" + ref_or_commit + "' in " + repo.string() + ": " + failure.what());
    return std::string(Text(found).get());
}

Result<std::string> read_file(const std::filesystem::path& repo, const std::string& commit,
                              const std::filesystem::path& file, std::size_t limit) {
    const File found = TRY(file_in(repo, commit, file));
    Failure failure;
    const InputStream stream(reinterpret_cast<GInputStream*>(g_file_read(found.get(), nullptr, &failure)));
    if (!stream) return failure.as_error(file.string() + " in commit " + commit);
    std::string bytes(limit + 1, '\0');
    gsize size = 0;
    if (!g_input_stream_read_all(stream.get(), bytes.data(), bytes.size(), &size, nullptr, &failure))
        return failure.as_error(file.string() + " in commit " + commit);
    if (size > limit)
        return fail(Code::Corrupt, file.string() + " in commit " + commit + " is larger than " + std::to_string(limit) +
                                       " bytes, refused");
    bytes.resize(size);
    return bytes;
}

Result<std::uint64_t> file_size(const std::filesystem::path& repo, const std::string& commit,
                                const std::filesystem::path& file) {
    const File found = TRY(file_in(repo, commit, file));
    Failure failure;
    const FileInfo info(g_file_query_info(found.get(), G_FILE_ATTRIBUTE_STANDARD_SIZE,
                                          G_FILE_QUERY_INFO_NOFOLLOW_SYMLINKS, nullptr, &failure));
    if (!info) return failure.as_error(file.string() + " in commit " + commit);
    return static_cast<std::uint64_t>(g_file_info_get_size(info.get()));
}

Result<std::vector<std::string>> list_folder(const std::filesystem::path& repo, const std::string& commit,
                                             const std::filesystem::path& folder) {
    const File found = TRY(file_in(repo, commit, folder));
    Failure failure;
    const Enumerator entries(g_file_enumerate_children(found.get(), G_FILE_ATTRIBUTE_STANDARD_NAME,
                                                       G_FILE_QUERY_INFO_NOFOLLOW_SYMLINKS, nullptr, &failure));
    if (!entries) return failure.as_error(folder.string() + " in commit " + commit);
    std::vector<std::string> names;
    while (const FileInfo entry{g_file_enumerator_next_file(entries.get(), nullptr, nullptr)})
        names.emplace_back(g_file_info_get_name(entry.get()));
    std::ranges::sort(names);
    return names;
}

}  // namespace holdfast::content
