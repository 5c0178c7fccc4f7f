#include "content/sysroot.hpp"

#include "base/crash_point.hpp"
#include "base/file.hpp"
#include "content/deployment_list.hpp"
#include "content/glib.hpp"

#include <cerrno>
#include <unistd.h>

namespace holdfast::content {

namespace {

namespace fs = std::filesystem;

Result<Sysroot> open_sysroot(const fs::path& sysroot) {
    Sysroot opened(ostree_sysroot_new(file_at(sysroot).get()));
    return opened;
}

Result<> load(OstreeSysroot* sysroot) {
    Failure failure;
    gboolean locked = FALSE;
    if (!ostree_sysroot_try_lock(sysroot, &locked, &failure)) return failure.as_error("sysroot");
    if (!locked) return fail(Code::Busy, "sysroot: another program is changing the deployments; try again later");
    if (!ostree_sysroot_load(sysroot, nullptr, &failure)) return failure.as_error("sysroot");
    return {};
}

Result<> configure(OstreeRepo* repo) {
    const KeyFile config(ostree_repo_copy_config(repo));
    g_key_file_set_string(config.get(), "sysroot", "bootloader", "none");
    g_key_file_set_string(config.get(), "sysroot", "readonly", "true");
    Failure failure;
    if (!ostree_repo_write_config(repo, config.get(), &failure)) return failure.as_error("ostree repository");
    return {};
}

Result<> known_slot(char slot) {
    if (slot == 'a' || slot == 'b') return {};
    return fail(Code::Bug, std::string("no slot is called '") + slot + "'");
}

fs::path link_of(const fs::path& sysroot, char slot) {
    return sysroot / "ostree" / (std::string("root.") + slot);
}

std::string name_of(OstreeDeployment* deployment) {
    return std::string(ostree_deployment_get_csum(deployment)) + "." +
           std::to_string(ostree_deployment_get_deployserial(deployment));
}

// The name (COMMIT.SERIAL) of the deployment that a slot points at, or "".
std::string deployed_in(const fs::path& sysroot, char slot) {
    std::error_code none;
    return fs::read_symlink(link_of(sysroot, slot), none).filename().string();
}

// The deployments that stay when `slot` changes: the other slot's, and the booted one in any case.
Array staying(OstreeSysroot* sysroot, const fs::path& path, char slot) {
    const std::string other = deployed_in(path, slot == 'a' ? 'b' : 'a');
    Array stay(g_ptr_array_new_with_free_func(g_object_unref));
    const Array all(ostree_sysroot_get_deployments(sysroot));
    for (guint i = 0; i < all->len; ++i) {
        auto* each = static_cast<OstreeDeployment*>(all->pdata[i]);
        if (name_of(each) == other || each == ostree_sysroot_get_booted_deployment(sysroot))
            g_ptr_array_add(stay.get(), g_object_ref(each));
    }
    return stay;
}

// Writes without the clean-up: the slot's symlink must have moved before anything is deleted.
Result<> write_deployments(OstreeSysroot* sysroot, GPtrArray* deployments) {
    OstreeSysrootWriteDeploymentsOpts options{};
    options.do_postclean = FALSE;
    options.disable_auto_early_prune = TRUE;
    Failure failure;
    if (!ostree_sysroot_write_deployments_with_options(sysroot, deployments, &options, nullptr, &failure))
        return failure.as_error("cannot write the list of deployments");
    return {};
}

// Where nothing was deployed before there is nothing to prune, and looking for it costs a second look at every object.
enum class Prune { No, Yes };

Result<> clean(OstreeSysroot* sysroot, Prune prune) {
    Failure failure;
    if (prune == Prune::No) {
        if (!ostree_sysroot_prepare_cleanup(sysroot, nullptr, &failure))
            return failure.as_error("cannot clean up the sysroot");
        return {};
    }
    if (!ostree_sysroot_cleanup(sysroot, nullptr, &failure)) return failure.as_error("cannot clean up the sysroot");
    return {};
}

// Whose /etc goes on: what runs, and never what the slot held before.
Deployment merge_for(OstreeSysroot* sysroot, GPtrArray* staying) {
    if (auto* booted = ostree_sysroot_get_booted_deployment(sysroot))
        return Deployment(static_cast<OstreeDeployment*>(g_object_ref(booted)));
    if (staying->len == 0) return {};
    return Deployment(static_cast<OstreeDeployment*>(g_object_ref(staying->pdata[0])));
}

Result<Deployment> check_out(OstreeSysroot* sysroot, const std::string& commit, GPtrArray* staying) {
    const Deployment merge = merge_for(sysroot, staying);
    const KeyFile origin(ostree_sysroot_origin_new_from_refspec(sysroot, commit.c_str()));
    OstreeDeployment* made = nullptr;
    Failure failure;
    if (!ostree_sysroot_deploy_tree_with_options(sysroot, osname, commit.c_str(), origin.get(), merge.get(), nullptr,
                                                 &made, nullptr, &failure))
        return failure.as_error("cannot deploy commit " + commit);
    return Deployment(made);
}

Result<> point_slot(const fs::path& sysroot, char slot, const std::string& deployment) {
    const fs::path link = link_of(sysroot, slot);
    const fs::path fresh = link.string() + ".new";
    ::unlink(fresh.c_str());
    const std::string target = "deploy/" + std::string(osname) + "/deploy/" + deployment;
    if (::symlink(target.c_str(), fresh.c_str()) < 0)
        return std::unexpected(system_error(errno, fresh, "cannot make the symlink"));
    if (::rename(fresh.c_str(), link.c_str()) < 0)
        return std::unexpected(system_error(errno, link, "cannot rename to"));
    return sync_directory(link.parent_path());
}

Result<> let_change(OstreeSysroot* sysroot, OstreeDeployment* deployment) {
    Failure failure;
    if (!ostree_sysroot_deployment_set_mutable(sysroot, deployment, TRUE, nullptr, &failure))
        return failure.as_error("cannot clear the immutable flag");
    return {};
}

}  // namespace

Result<> init_sysroot(const fs::path& sysroot) {
    TRY(make_directories(sysroot / "boot"));
    const Sysroot opened = TRY(open_sysroot(sysroot));
    Failure failure;
    if (!ostree_sysroot_ensure_initialized(opened.get(), nullptr, &failure)) return failure.as_error(sysroot.string());
    const Repo repo = TRY(open_repo(sysroot / "ostree/repo"));
    TRY(configure(repo.get()));
    TRY(load(opened.get()));
    std::error_code none;
    if (fs::exists(sysroot / "ostree/deploy" / osname / "var", none)) return {};
    TRY(remove_tree(sysroot / "ostree/deploy" / osname));  // half-made by a cut; it holds no deployment yet
    if (!ostree_sysroot_init_osname(opened.get(), osname, nullptr, &failure)) return failure.as_error(sysroot.string());
    return {};
}

Result<fs::path> deploy(const fs::path& sysroot, const std::string& commit, char slot, Place place) {
    TRY(known_slot(slot));
    TRY(restore_deployment_list(sysroot));
    const Sysroot opened = TRY(open_sysroot(sysroot));
    TRY(load(opened.get()));
    const Array stay = staying(opened.get(), sysroot, slot);
    const Array before(ostree_sysroot_get_deployments(opened.get()));
    const Deployment made = TRY(check_out(opened.get(), commit, stay.get()));
    crash_point("deploy.checked-out");
    g_ptr_array_insert(stay.get(), 0, g_object_ref(made.get()));
    TRY(write_deployments(opened.get(), stay.get()));
    crash_point("deploy.listed");
    TRY(point_slot(sysroot, slot, name_of(made.get())));
    crash_point("deploy.pointed");
    if (place == Place::Staging) TRY(let_change(opened.get(), made.get()));
    TRY(clean(opened.get(), before->len == 0 ? Prune::No : Prune::Yes));
    return sysroot / "ostree/deploy" / osname / "deploy" / name_of(made.get());
}

Result<> undeploy(const fs::path& sysroot, char slot) {
    TRY(known_slot(slot));
    TRY(restore_deployment_list(sysroot));
    const Sysroot opened = TRY(open_sysroot(sysroot));
    TRY(load(opened.get()));
    const fs::path link = link_of(sysroot, slot);
    if (::unlink(link.c_str()) < 0 && errno != ENOENT)
        return std::unexpected(system_error(errno, link, "cannot remove"));
    TRY(sync_directory(link.parent_path()));
    TRY(write_deployments(opened.get(), staying(opened.get(), sysroot, slot).get()));
    return clean(opened.get(), Prune::Yes);
}

}  // namespace holdfast::content
