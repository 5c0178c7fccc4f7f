// A real ostree repository with a signed commit of a small bootable tree, and the OpenPGP keys for it,
// all made by the programs that people use for it.
#pragma once

#include "base/file.hpp"
#include "base/good.hpp"
#include "base/process.hpp"

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <linux/fs.h>
#include <string>
#include <sys/ioctl.h>

namespace holdfast::test {

namespace fs = std::filesystem;

inline std::string need(const Arguments& command, const RunOptions& options = {}) {
    auto output = run_or_fail(command, options);
    BOOST_REQUIRE_MESSAGE(output.has_value(), (output ? std::string() : output.error().what));
    return std::string(*output);
}

class Scratch {
public:
    Scratch() {
        std::string name = (fs::temp_directory_path() / "holdfast-XXXXXX").string();
        root_ = ::mkdtemp(name.data());
    }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    ~Scratch() {
        // A test that failed or died may leave deployments with ostree's immutable flag.
        (void)run({"chattr", "-R", "-f", "-i", root_.string()});
        std::error_code ignored;
        fs::remove_all(root_, ignored);
    }
    fs::path operator/(const fs::path& name) const { return root_ / name; }

private:
    fs::path root_;
};

inline void put(const fs::path& file, const std::string& bytes) {
    fs::create_directories(file.parent_path());
    good(write_whole(file, bytes));
}

// One OpenPGP key pair in a home of its own.
class RealKey {
public:
    explicit RealKey(const fs::path& home) : home_(home) {
        fs::create_directories(home_);
        fs::permissions(home_, fs::perms::owner_all);
        gpg({"--quick-gen-key", "Holdfast test <test@example.org>", "ed25519", "sign", "never"});
        put(home_ / "release.gpg", gpg({"--export"}));
    }
    ~RealKey() { (void)run({"gpgconf", "--homedir", home_.string(), "--kill", "all"}); }
    RealKey(const RealKey&) = delete;
    RealKey& operator=(const RealKey&) = delete;

    std::string gpg(Arguments arguments) const {
        Arguments command{"gpg", "--homedir", home_.string(), "--batch", "--yes", "--quiet", "--passphrase", ""};
        command.insert(command.end(), arguments.begin(), arguments.end());
        return need(command);
    }
    fs::path keyring() const { return home_ / "release.gpg"; }
    fs::path home() const { return home_; }

private:
    fs::path home_;
};

// The tree of a commit: a kernel where ostree looks, /etc defaults and Holdfast's boot files.
inline void make_tree(const fs::path& tree, const std::string& version) {
    put(tree / "usr/lib/modules/6.12.0/vmlinuz", "kernel " + version);
    put(tree / "usr/lib/os-release", "NAME=Holdfast\nID=holdfast\nVERSION_ID=" + version + "\n");
    put(tree / "usr/etc/hostname", "holdfast\n");
    put(tree / "usr/lib/holdfast/boot/holdfast.efi", "uki " + version);
    put(tree / "usr/lib/holdfast/boot/slot-a.addon.efi", "addon a");
    put(tree / "usr/lib/holdfast/boot/slot-b.addon.efi", "addon b");
    put(tree / "usr/lib/holdfast/boot/systemd-bootx64.efi", "loader");
    for (const auto* name : {"PK", "KEK", "db"})
        put(tree / "usr/lib/holdfast/boot/keys" / (std::string(name) + ".auth"), name);
    fs::create_directory_symlink("usr/lib", tree / "lib");
    for (const auto* folder : {"sysroot", "var", "boot", "proc", "sys", "dev", "run"})
        fs::create_directories(tree / folder);
}

// An archive repository as it lies on a medium; each `commit` signs with the key.
class RealRepo {
public:
    RealRepo(const fs::path& repo, const RealKey& key) : repo_(repo), key_(key) {
        need({"ostree", "--repo=" + repo_.string(), "init", "--mode=archive"});
    }
    std::string commit(const fs::path& tree, bool sign = true) const {
        Arguments command{
            "ostree",        "--repo=" + repo_.string(),   "commit", "--branch=holdfast/x/dev/podman", "--owner-uid=0",
            "--owner-gid=0", "--tree=dir=" + tree.string()};
        if (sign) {
            const std::string listed = key_.gpg({"--list-keys", "--with-colons"});
            const auto at = listed.find("\nfpr:::::::::");
            command.push_back("--gpg-sign=" + listed.substr(at + 13, 40));
            command.push_back("--gpg-homedir=" + key_.home().string());
        }
        return std::string(need(command)).substr(0, 64);
    }
    const fs::path& path() const { return repo_; }

private:
    fs::path repo_;
    const RealKey& key_;
};

}  // namespace holdfast::test
