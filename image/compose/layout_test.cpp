#include "compose/layout.hpp"

#include "base/file.hpp"

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <nlohmann/json.hpp>

using namespace holdfast;
namespace fs = std::filesystem;

namespace {

// The least that mkosi's tree always has.
struct Tree {
    fs::path path = [] {
        std::string name = "/tmp/holdfast-layout-XXXXXX";
        return fs::path(::mkdtemp(name.data()));
    }();
    recipe::Recipe recipe;
    Tree() {
        for (const auto* folder : {"boot", "etc/ssh", "usr/lib/modules/6.1", "usr/lib/tmpfiles.d", "var/lib/dpkg",
                                   "var/lib/private", "home", "leftover", "usr/local/bin"})
            fs::create_directories(path / folder);
        for (const auto* file :
             {"boot/vmlinuz-6.1", "boot/initrd.img-6.1", "usr/lib/modules/6.1/modules.dep", "etc/passwd-",
              "etc/ssh/ssh_host_rsa_key", "var/lib/dpkg/status", "var/lib/private/cache.db"})
            write_whole(path / file, file).value();
        write_whole(path / "etc/passwd", "root:x:0:0::/root:/bin/sh\n").value();
        write_whole(path / "etc/group", "root:x:0:\n").value();
        write_whole(path / "usr/lib/os-release", "NAME=Debian\nVERSION_CODENAME=trixie\n").value();
        write_whole(path / "key", "KEY").value();
        fs::permissions(path / "var/lib/private", fs::perms::owner_all);
        recipe.board.name = "b";
        recipe.board.modules = {"wdt"};
        recipe.profile.name = "p";
        recipe.profile.disk_pin = true;
        recipe.options = {{.name = "o", .modules = {"gpu"}}};
        recipe.runtime.name = "r";
        recipe.version = "1.0";
    }
    ~Tree() { fs::remove_all(path); }
    std::string text(const fs::path& file) const { return read_whole(path / file).value_or("(none)"); }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_tree_becomes_a_commits_tree, Tree) {
    const fs::path key = path.string() + ".key";
    write_whole(key, "KEY").value();
    const auto done = compose::lay_out(path, recipe, {.keyring = key, .development = true});
    fs::remove(key);
    BOOST_REQUIRE_MESSAGE(done.has_value(), (done ? "" : done.error().what));

    BOOST_TEST(text("usr/lib/modules/6.1/vmlinuz") == "boot/vmlinuz-6.1");
    BOOST_TEST(fs::is_empty(path / "boot"));
    BOOST_TEST(fs::is_empty(path / "var"));
    BOOST_TEST(!fs::exists(path / "etc"));
    BOOST_TEST(!fs::exists(path / "leftover"));
    BOOST_TEST(!fs::exists(path / "usr/etc/passwd-"));
    BOOST_TEST(!fs::exists(path / "usr/etc/ssh/ssh_host_rsa_key"));
    BOOST_TEST(text("usr/etc/machine-id").empty());
    BOOST_TEST(text("usr/lib/sysimage/dpkg/status") == "var/lib/dpkg/status");
    BOOST_TEST(text("usr/share/holdfast/release.gpg") == "KEY");
    BOOST_TEST(text("usr/lib/modules-load.d/holdfast-board.conf") == "wdt\ngpu\n");
    BOOST_TEST(fs::read_symlink(path / "ostree") == "sysroot/ostree");
    BOOST_TEST(fs::read_symlink(path / "usr/local") == "../var/usrlocal");

    const std::string var = text("usr/lib/tmpfiles.d/holdfast-var.conf");
    BOOST_TEST(var.contains("d /var/lib/private 0700 root root -\n"));
    BOOST_TEST(var.contains("d /var/roothome 0700 root root -\n"));
    BOOST_TEST(var.contains("L /var/lib/dpkg - - - - ../../usr/lib/sysimage/dpkg\n"));
    BOOST_TEST(!var.contains("cache.db"));

    const auto release = nlohmann::json::parse(text("usr/lib/holdfast/release.json"));
    BOOST_TEST(release.at("board") == "b");
    BOOST_TEST(release.at("options").dump() == R"(["o"])");
    BOOST_TEST(release.at("development") == true);
    BOOST_TEST(release.at("disk_pin") == true);
    BOOST_TEST(text("usr/lib/os-release").contains("IMAGE_ID=holdfast-b.o-p-r\n"));
    BOOST_TEST(text("usr/lib/os-release").contains("IMAGE_VERSION=1.0\n"));
}

BOOST_FIXTURE_TEST_CASE(a_tree_with_two_kernels_is_refused, Tree) {
    fs::create_directories(path / "usr/lib/modules/6.2");
    const auto refused = compose::lay_out(path, recipe, {.keyring = path / "key"});
    BOOST_REQUIRE(!refused);
    BOOST_TEST(refused.error().what.contains("must hold one kernel, but has 2"));
}
