#include "update/snapshot.hpp"

#include "base/file.hpp"
#include "base/in_child.hpp"
#include "base/scratch.hpp"

#include <boost/test/unit_test.hpp>
#include <sys/mount.h>
#include <sys/stat.h>

using namespace holdfast;
using namespace holdfast::update;
namespace fs = std::filesystem;

namespace {

const std::string old_commit(64, 'a'), new_commit(64, 'b');
const Bond bond{old_commit, new_commit, "boot-2"};
constexpr std::int64_t wall = 1'790'000'000, day = 86'400;

struct World {
    Scratch scratch = Scratch::make("snapshot").value();
    fs::path root = scratch.path();
    std::vector<fs::path> paths{"/var/lib/runtime", "/var/lib/one.db", "/var/lib/not-yet"};

    World() {
        put("var/lib/runtime/deep/a", "old a");
        put("var/lib/runtime/b", "old b");
        fs::create_symlink("b", root / "var/lib/runtime/link");
        put("var/lib/one.db", "old db");
        ::chmod((root / "var/lib/runtime/b").c_str(), 0600);
    }
    void put(const std::string& path, const std::string& bytes) const {
        fs::create_directories((root / path).parent_path());
        BOOST_TEST(write_whole(root / path, bytes).has_value());
    }
    std::string read(const std::string& path) const { return read_whole(root / path).value_or("(none)"); }
    // What the new version's runtime does.
    void change() const {
        put("var/lib/runtime/deep/a", "new a");
        put("var/lib/runtime/c", "new c");
        put("var/lib/one.db", "new db");
        put("var/lib/not-yet/x", "new x");
    }
    void expect_old() const {
        BOOST_TEST(read("var/lib/runtime/deep/a") == "old a");
        BOOST_TEST(read("var/lib/runtime/c") == "(none)");
        BOOST_TEST(read("var/lib/one.db") == "old db");
        BOOST_TEST(!fs::exists(root / "var/lib/not-yet"));
        struct stat info{};
        BOOST_TEST(::stat((root / "var/lib/runtime/b").c_str(), &info) == 0);
        BOOST_TEST((info.st_mode & 0777U) == 0600U);
        BOOST_TEST(fs::read_symlink(root / "var/lib/runtime/link") == "b");
    }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(what_the_runtime_kept_comes_back_whole, World) {
    BOOST_TEST(take_snapshot(root, paths, bond, wall).has_value());
    change();
    // A second start of the new version takes nothing more.
    BOOST_TEST(take_snapshot(root, paths, bond, wall).has_value());
    BOOST_TEST(restore_snapshot(root, bond).value());
    expect_old();
    BOOST_TEST(!restore_snapshot(root, {old_commit, old_commit, "boot-2"}).value());
    BOOST_TEST(prune_snapshots(root, {new_commit}, wall).has_value());
    BOOST_TEST(!restore_snapshot(root, bond).value());
}

BOOST_FIXTURE_TEST_CASE(another_attempt_at_the_same_commit_saves_anew, World) {
    BOOST_TEST(take_snapshot(root, paths, bond, wall).has_value());
    put("var/lib/one.db", "weeks later");
    const Bond again{old_commit, new_commit, "boot-5"};
    BOOST_TEST(!restore_snapshot(root, again).value());
    BOOST_TEST(take_snapshot(root, paths, again, wall).has_value());
    change();
    BOOST_TEST(!restore_snapshot(root, bond).value());
    BOOST_TEST(restore_snapshot(root, again).value());
    BOOST_TEST(read("var/lib/one.db") == "weeks later");
    BOOST_TEST((snapshot_of(root, old_commit) == again));
    BOOST_TEST(!snapshot_of(root, new_commit).has_value());
}

BOOST_FIXTURE_TEST_CASE(of_no_commit_there_is_none, World) {
    BOOST_TEST(take_snapshot(root, paths, bond, wall).has_value());
    BOOST_TEST((take_snapshot(root, paths, {"", new_commit, "b3"}, wall).error().code == Code::Bug));
    BOOST_TEST(!restore_snapshot(root, {"", new_commit, "b3"}).value());
    BOOST_TEST(restore_snapshot(root, bond).value());
}

BOOST_FIXTURE_TEST_CASE(what_is_too_old_goes_whatever_it_was_kept_for, World) {
    BOOST_TEST(take_snapshot(root, paths, bond, wall).has_value());
    BOOST_TEST(prune_snapshots(root, {old_commit}, wall + (snapshot_days - 1) * day).has_value());
    // Nobody knows how old it is by a clock that was set back, or by one that stood still when it was taken.
    BOOST_TEST(prune_snapshots(root, {old_commit}, 0).has_value());
    BOOST_TEST(prune_snapshots(root, {old_commit}, 100 * wall).has_value());
    BOOST_TEST(snapshot_of(root, old_commit).has_value());
    BOOST_TEST(prune_snapshots(root, {old_commit}, wall + (snapshot_days + 1) * day).has_value());
    BOOST_TEST(!snapshot_of(root, old_commit).has_value());
}

BOOST_FIXTURE_TEST_CASE(a_cut_while_it_is_taken_leaves_none_and_the_next_start_takes_it, World) {
    BOOST_TEST(dying_at("snapshot.filled", 1, [&] { (void)take_snapshot(root, paths, bond, wall); }) == crashed);
    BOOST_TEST(!restore_snapshot(root, bond).value());
    BOOST_TEST(take_snapshot(root, paths, bond, wall).has_value());
    change();
    BOOST_TEST(restore_snapshot(root, bond).value());
    expect_old();
}

BOOST_FIXTURE_TEST_CASE(older_ones_make_room, World) {
    BOOST_REQUIRE_EQUAL(::mount("none", (root / "var").c_str(), "tmpfs", 0, "size=1m"), 0);
    put("var/lib/runtime/big", std::string(300UL * 1024, 'x'));
    BOOST_TEST(take_snapshot(root, {"/var/lib/runtime"}, bond, wall).has_value());
    put("var/lib/other", std::string(200UL * 1024, 'y'));
    const Bond next{new_commit, old_commit, "a3"};
    BOOST_TEST(take_snapshot(root, {"/var/lib/runtime"}, next, wall).has_value());
    BOOST_TEST(!snapshot_of(root, old_commit).has_value());
    // The disk has no room for what is there, what was saved and a copy of that.
    fs::remove(root / "var/lib/other");
    put("var/lib/runtime/big", std::string(300UL * 1024, 'z'));
    put("var/lib/other", std::string(200UL * 1024, 'y'));
    // What was saved is moved then, and never taken for something that was not there.
    BOOST_TEST(dying_at("snapshot.cleared", 1, [&] { (void)restore_snapshot(root, next); }) == crashed);
    put("var/lib/third", std::string(300UL * 1024, 'y'));
    BOOST_TEST(dying_at("snapshot.noted", 1, [&] { (void)restore_snapshot(root, next); }) == crashed);
    BOOST_TEST(restore_snapshot(root, next).value());
    BOOST_TEST(read("var/lib/runtime/big") == std::string(300UL * 1024, 'x'));
    BOOST_TEST(restore_snapshot(root, next).value());
    BOOST_TEST(read("var/lib/runtime/big") == std::string(300UL * 1024, 'x'));
    ::umount((root / "var").c_str());
}

BOOST_FIXTURE_TEST_CASE(a_cut_while_it_is_put_back_is_put_right_by_the_next_start, World) {
    BOOST_TEST(take_snapshot(root, paths, bond, wall).has_value());
    for (const char* point : {"snapshot.copied", "snapshot.moved"}) {
        change();
        BOOST_TEST(dying_at(point, 2, [&] { (void)restore_snapshot(root, bond); }) == crashed);
        BOOST_TEST(restore_snapshot(root, bond).value());
        expect_old();
        for (const auto& each : fs::directory_iterator(root / "var/lib"))
            BOOST_TEST(!each.path().filename().string().contains(".holdfast-"));
    }
}

BOOST_FIXTURE_TEST_CASE(a_cut_while_a_file_system_is_filled_again_is_put_right_by_the_next_start, World) {
    const fs::path runtime = root / "var/lib/runtime";
    fs::create_directories(runtime);
    BOOST_REQUIRE_EQUAL(::mount("none", runtime.c_str(), "tmpfs", 0, "size=1m"), 0);
    put("var/lib/runtime/db", "old");
    BOOST_TEST(take_snapshot(root, {"/var/lib/runtime"}, bond, wall).has_value());
    put("var/lib/runtime/db", "new");
    BOOST_TEST(dying_at("snapshot.emptied", 1, [&] { (void)restore_snapshot(root, bond); }) == crashed);
    BOOST_TEST(fs::is_empty(runtime));
    BOOST_TEST(restore_snapshot(root, bond).value());
    BOOST_TEST(read("var/lib/runtime/db") == "old");
    ::umount(runtime.c_str());
}

BOOST_FIXTURE_TEST_CASE(a_full_disk_leaves_no_half_snapshot, World) {
    BOOST_REQUIRE_EQUAL(::mount("none", (root / "var").c_str(), "tmpfs", 0, "size=1m"), 0);
    put("var/lib/runtime/big", std::string(700UL * 1024, 'x'));
    const auto full = take_snapshot(root, {"/var/lib/runtime"}, bond, wall);
    BOOST_TEST((full.error().code == Code::NoSpace));
    BOOST_TEST(fs::is_empty(root / "var/lib/holdfast/update/snapshots"));
    BOOST_TEST(!restore_snapshot(root, bond).value());
    ::umount((root / "var").c_str());
}

BOOST_AUTO_TEST_CASE(only_paths_below_var_are_taken) {
    BOOST_TEST(parse_state_paths(R"({"paths":["/var/lib/x"]})").value().size() == 1U);
    for (const char* text : {R"({"paths":["/etc/x"]})", R"({"paths":["/var/../etc"]})", R"({"paths":["/var/"]})",
                             R"({"paths":["var/x"]})", R"({"paths":[7]})", R"({"paths":7})", R"({})", "x"})
        BOOST_TEST(!parse_state_paths(text), text);
}
