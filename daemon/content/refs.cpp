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

}  // namespace holdfast::content
