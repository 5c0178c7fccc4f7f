#include "compose/layout.hpp"

#include "base/file.hpp"
#include "base/text.hpp"
#include "compose/modules.hpp"

#include <algorithm>
#include <array>
#include <format>
#include <map>
#include <nlohmann/json.hpp>
#include <sys/stat.h>

namespace holdfast::compose {

namespace {

namespace fs = std::filesystem;

struct Link {
    std::string_view path, target;
};
// What ostree's tree has in place of folders that people write to.
constexpr std::array links{Link{"home", "var/home"},         Link{"root", "var/roothome"},
                           Link{"opt", "var/opt"},           Link{"srv", "var/srv"},
                           Link{"mnt", "var/mnt"},           Link{"media", "run/media"},
                           Link{"ostree", "sysroot/ostree"}, Link{"usr/local", "../var/usrlocal"}};

// Top-level names that travel; anything else that a package left at the top is dropped.
constexpr std::array<std::string_view, 21> top{"bin",   "boot",  "dev", "efi", "etc",    "home", "lib",
                                               "lib64", "media", "mnt", "opt", "ostree", "proc", "root",
                                               "run",   "sbin",  "srv", "sys", "tmp",    "usr",  "var"};

// Made anew on every box or meaningless on it: keys, caches, backups, the build's own traces.
constexpr std::array<std::string_view, 13> unwanted{"etc/ssh/ssh_host_ecdsa_key",
                                                    "etc/ssh/ssh_host_ecdsa_key.pub",
                                                    "etc/ssh/ssh_host_ed25519_key",
                                                    "etc/ssh/ssh_host_ed25519_key.pub",
                                                    "etc/ssh/ssh_host_rsa_key",
                                                    "etc/ssh/ssh_host_rsa_key.pub",
                                                    "etc/.pwd.lock",
                                                    "etc/group-",
                                                    "etc/gshadow-",
                                                    "etc/passwd-",
                                                    "etc/shadow-",
                                                    "etc/subuid-",
                                                    "etc/subgid-"};

Result<> move_kernel(const fs::path& tree) {
    const std::string version = TRY(kernel_version(tree));
    const fs::path modules = tree / "usr/lib/modules" / version;
    for (const auto& [name, as] : {std::pair{"vmlinuz-", "vmlinuz"}, {"config-", "config"}})
        if (fs::exists(tree / "boot" / (name + version))) TRY(move_to(tree / "boot" / (name + version), modules / as));
    if (!fs::exists(modules / "vmlinuz"))
        return fail(Code::Corrupt, "the tree has modules of kernel " + version + " but no boot/vmlinuz-" + version);
    TRY(remove_tree(tree / "boot"));
    return make_directories(tree / "boot");
}

Result<> drop_unwanted(const fs::path& tree) {
    for (const auto& entry : fs::directory_iterator(tree))
        if (!std::ranges::contains(top, entry.path().filename().string())) TRY(remove_tree(entry.path()));
    for (const auto& path : unwanted) TRY(remove_tree(tree / path));
    for (const auto* folder : {"run", "tmp", "dev", "proc", "sys"}) {
        TRY(remove_tree(tree / folder));
        TRY(make_directories(tree / folder));
    }
    fs::permissions(tree / "tmp", static_cast<fs::perms>(01777));
    return {};
}

std::string octal(unsigned mode) {
    return std::format("{:04o}", mode & 07777);
}

Result<std::string> line_for(const fs::path& var, const fs::path& path, const std::map<unsigned, std::string>& users,
                             const std::map<unsigned, std::string>& groups) {
    const std::string target = "/var/" + path.lexically_relative(var).string();
    if (fs::is_symlink(path)) return "L " + target + " - - - - " + fs::read_symlink(path).string() + "\n";
    struct stat status{};
    if (::lstat(path.c_str(), &status) < 0) return std::unexpected(system_error(errno, path, "cannot look at"));
    const auto name = [](const std::map<unsigned, std::string>& names, unsigned id) {
        const auto found = names.find(id);
        return found == names.end() ? std::to_string(id) : found->second;
    };
    return "d " + target + " " + octal(status.st_mode) + " " + name(users, status.st_uid) + " " +
           name(groups, status.st_gid) + " -\n";
}

// passwd(5) and group(5): name:x:id:…
std::map<unsigned, std::string> names_of(const fs::path& file) {
    std::map<unsigned, std::string> names;
    for (const auto& line : split(read_whole(file).value_or(""), '\n')) {
        const auto fields = split(line, ':');
        if (fields.size() > 2) names.emplace(static_cast<unsigned>(std::stoul("0" + fields[2])), fields[0]);
    }
    return names;
}

Result<> move_var(const fs::path& tree) {
    // dpkg's database says what the image is made of; it is content and cannot change on the box.
    TRY(make_directories(tree / "usr/lib/sysimage"));
    TRY(move_to(tree / "var/lib/dpkg", tree / "usr/lib/sysimage/dpkg"));
    for (const auto* left :
         {"lock", "lock-frontend", "status-old", "diversions-old", "statoverride-old", "triggers/Lock"})
        TRY(remove_tree(tree / "usr/lib/sysimage/dpkg" / left));
    for (const auto* folder : {"home", "opt", "srv", "mnt", "usrlocal", "roothome"})
        TRY(make_directories(tree / "var" / folder));
    fs::permissions(tree / "var/roothome", fs::perms::owner_all);
    std::error_code error;
    fs::create_symlink("../../usr/lib/sysimage/dpkg", tree / "var/lib/dpkg", error);
    if (error) return std::unexpected(system_error(error.value(), tree / "var/lib/dpkg", "cannot link"));
    const std::string lines = TRY(tmpfiles_of(tree / "var"));
    TRY(write_whole(tree / "usr/lib/tmpfiles.d/holdfast-var.conf",
                    "# The folders of /var that this image's packages brought along.\n" + lines));
    TRY(remove_tree(tree / "var"));
    return make_directories(tree / "var");
}

Result<> make_links(const fs::path& tree) {
    // The root itself takes no files: what is not content belongs into /etc or /var. Written here, since mkosi would
    // apply it to its own tree.
    TRY(write_whole(tree / "usr/lib/tmpfiles.d/holdfast-root.conf", "h / - - - - +i\n"));
    TRY(make_directories(tree / "sysroot"));
    TRY(make_directories(tree / "efi"));
    for (const auto& [path, target] : links) {
        TRY(remove_tree(tree / path));
        std::error_code error;
        fs::create_symlink(target, tree / path, error);
        if (error) return std::unexpected(system_error(error.value(), tree / path, "cannot link"));
    }
    return {};
}

// What the programs on the box know of the image they run from.
Result<> write_release(const fs::path& tree, const recipe::Recipe& recipe, bool development) {
    const nlohmann::ordered_json release{
        {"format", 1},
        {"board", recipe.board.name},
        {"profile", recipe.profile.name},
        {"runtime", recipe.runtime.name},
        {"version", recipe.version},
        {"options", recipe.option_names()},
        {"development", development},
        {"disk_pin", recipe.profile.disk_pin},
        {"capabilities", {{"tpm", recipe::spelling(recipe.board.tpm)}, {"secure_boot", recipe.board.secure_boot}}}};
    TRY(make_directories(tree / "usr/lib/holdfast"));
    const nlohmann::ordered_json state{{"paths", recipe.runtime.state}};
    TRY(write_whole(tree / "usr/lib/holdfast/state.json", state.dump(2) + "\n"));
    return write_whole(tree / "usr/lib/holdfast/release.json", release.dump(2) + "\n");
}

Result<> write_os_release(const fs::path& tree, const recipe::Recipe& recipe) {
    const fs::path file = tree / "usr/lib/os-release";
    std::string text = "NAME=\"Holdfast\"\nPRETTY_NAME=\"Holdfast " + recipe.version + " (" + recipe.hardware() + ", " +
                       recipe.profile.name + ", " + recipe.runtime.name + ")\"\nID=holdfast\n";
    for (const auto& line : split(TRY(read_whole(file)), '\n'))
        if (line.starts_with("VERSION_CODENAME=")) text += line + "\n";
    text += "ID_LIKE=debian\nIMAGE_ID=holdfast-" + recipe.stem() + "\nIMAGE_VERSION=" + recipe.version +
            "\nVERSION_ID=" + recipe.version + "\nVARIANT_ID=" + recipe.profile.name + "\n";
    return write_whole(file, text);
}

Result<> write_board_settings(const fs::path& tree, const recipe::Recipe& recipe) {
    // An empty machine-id is filled and kept at the first boot, with none of systemd's first-boot questions.
    TRY(write_whole(tree / "etc/machine-id", "", 0444));
    const auto modules = recipe.modules();
    if (modules.empty()) return {};
    TRY(make_directories(tree / "usr/lib/modules-load.d"));
    return write_whole(tree / "usr/lib/modules-load.d/holdfast-board.conf", join(modules, "\n") + "\n");
}

}  // namespace

Result<std::string> tmpfiles_of(const fs::path& var) {
    const auto users = names_of(var.parent_path() / "etc/passwd");
    const auto groups = names_of(var.parent_path() / "etc/group");
    std::vector<fs::path> paths;
    for (const auto& entry : fs::recursive_directory_iterator(var))
        if (entry.is_symlink() || entry.is_directory()) paths.push_back(entry.path());
    std::ranges::sort(paths);
    std::string lines;
    for (const auto& path : paths) lines += TRY(line_for(var, path, users, groups));
    return lines;
}

Result<> lay_out(const fs::path& tree, const recipe::Recipe& recipe, const Marks& marks) {
    TRY(move_kernel(tree));
    TRY(drop_unwanted(tree));
    TRY(write_release(tree, recipe, marks.development));
    TRY(write_os_release(tree, recipe));
    TRY(write_board_settings(tree, recipe));
    TRY(move_var(tree));
    TRY(make_links(tree));
    TRY(make_directories(tree / "usr/share/holdfast"));
    const std::string key = TRY(read_whole(marks.keyring));
    TRY(write_whole(tree / "usr/share/holdfast/release.gpg", key));
    return move_to(tree / "etc", tree / "usr/etc");
}

}  // namespace holdfast::compose
