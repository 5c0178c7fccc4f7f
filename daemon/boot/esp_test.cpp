#include "boot/esp.hpp"

#include "base/file.hpp"
#include "base/in_child.hpp"
#include "base/process.hpp"

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <set>
#include <sys/mount.h>

using namespace holdfast;
namespace fs = std::filesystem;

namespace {

struct Scratch {
    fs::path root = [] {
        std::string name = (fs::temp_directory_path() / "esp-XXXXXX").string();
        return fs::path(::mkdtemp(name.data()));
    }();
    fs::path esp = root / "esp";
    Scratch() { fs::create_directory(esp); }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    ~Scratch() { fs::remove_all(root); }

    fs::path file(const std::string& name, const std::string& bytes) const {
        BOOST_TEST(write_whole(root / name, bytes).has_value());
        return root / name;
    }
    std::set<std::string> entries() const {
        std::set<std::string> names;
        for (const auto& each : fs::directory_iterator(esp / "EFI/Linux"))
            names.insert(each.path().filename().string());
        return names;
    }
    std::string read(const std::string& name) const { return read_whole(esp / name).value_or("(none)"); }
};

using Names = std::set<std::string>;

void write(const Scratch& s, const std::string& uki, unsigned tries = 3) {
    const auto done = boot::write_slot(s.esp, 'a', {s.file("uki", uki), s.file("addon", "addon"), tries});
    BOOST_TEST(done.has_value(), (done ? "" : done.error().what));
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_loader_and_its_keys_land_where_firmware_and_systemd_boot_look) {
    const Scratch s;
    fs::create_directory(s.root / "keys");
    for (const auto* name : {"PK", "KEK", "db"}) s.file(std::string("keys/") + name + ".auth", name);
    BOOST_TEST(boot::write_loader(s.esp, {s.file("boot.efi", "loader"), s.root / "keys"}).has_value());
    BOOST_TEST(s.read("EFI/BOOT/BOOTX64.EFI") == "loader");
    BOOST_TEST(s.read("EFI/systemd/systemd-bootx64.efi") == "loader");
    BOOST_TEST(s.read("loader/keys/auto/KEK.auth") == "KEK");
    BOOST_TEST(s.read("loader/loader.conf") == "timeout 0\nconsole-mode keep\neditor no\nsecure-boot-enroll force\n");
}

BOOST_AUTO_TEST_CASE(without_keys_nothing_is_enrolled) {
    const Scratch s;
    BOOST_TEST(boot::write_loader(s.esp, {s.file("boot.efi", "loader"), {}}).has_value());
    BOOST_TEST(!fs::exists(s.esp / "loader/keys"));
    BOOST_TEST(!s.read("loader/loader.conf").contains("enroll"));
}

BOOST_AUTO_TEST_CASE(a_slot_replaces_its_own_entries_and_no_other) {
    const Scratch s;
    write(s, "one");
    fs::rename(s.esp / "EFI/Linux/holdfast-1-a+3.efi", s.esp / "EFI/Linux/holdfast-1-a+1-2.efi");
    s.file("esp/EFI/Linux/holdfast-2-b.efi", "b");
    s.file("esp/EFI/Linux/holdfast-3-a+3.efi.new", "half");
    write(s, "two");
    BOOST_TEST((s.entries() == Names{"holdfast-3-a+3.efi", "holdfast-3-a.efi.extra.d", "holdfast-2-b.efi"}));
    BOOST_TEST(s.read("EFI/Linux/holdfast-3-a+3.efi") == "two");
    BOOST_TEST(s.read("EFI/Linux/holdfast-3-a.efi.extra.d/slot.addon.efi") == "addon");
}

BOOST_AUTO_TEST_CASE(a_removed_slot_leaves_nothing) {
    const Scratch s;
    write(s, "one");
    BOOST_TEST(boot::remove_slot(s.esp, 'a').has_value());
    BOOST_TEST(s.entries().empty());
    BOOST_TEST((boot::remove_slot(s.esp, 'c').error().code == Code::Bug));
}

BOOST_AUTO_TEST_CASE(a_cut_leaves_a_whole_old_or_a_whole_new_entry) {
    for (const char* point : {"esp.written", "esp.renamed"})
        for (const unsigned times : {1U, 2U}) {
            const Scratch s;
            write(s, "old", 2);
            s.file("uki", "new");
            const boot::SlotFiles files{s.root / "uki", s.root / "addon", 3};
            BOOST_TEST(dying_at(point, times, [&] { (void)boot::write_slot(s.esp, 'a', files); }) == crashed);
            const bool whole = point == std::string("esp.renamed") && times == 2;
            BOOST_TEST(s.read("EFI/Linux/holdfast-1-a+2.efi") == "old");
            BOOST_TEST(s.read("EFI/Linux/holdfast-1-a.efi.extra.d/slot.addon.efi") == "addon");
            BOOST_TEST(s.read("EFI/Linux/holdfast-2-a+3.efi") == (whole ? "new" : "(none)"));
            write(s, "new");
            BOOST_TEST(s.entries().size() == 2);
            BOOST_TEST(s.read("EFI/Linux/holdfast-3-a+3.efi") == "new");
            BOOST_TEST(s.read("EFI/Linux/holdfast-3-a.efi.extra.d/slot.addon.efi") == "addon");
        }
}

BOOST_AUTO_TEST_CASE(an_older_entry_goes_before_its_addon) {
    const Scratch s;
    write(s, "old");
    BOOST_TEST(dying_at("slot.entries-removed", 1, [&] { (void)boot::remove_slot(s.esp, 'a'); }) == crashed);
    BOOST_TEST((s.entries() == Names{"holdfast-1-a.efi.extra.d"}));
    BOOST_TEST(boot::remove_slot(s.esp, 'a').has_value());
    BOOST_TEST(s.entries().empty());
}

BOOST_AUTO_TEST_CASE(a_preferred_slot_comes_first_with_new_tries) {
    const Scratch s;
    write(s, "uki");
    fs::rename(s.esp / "EFI/Linux/holdfast-1-a+3.efi", s.esp / "EFI/Linux/holdfast-1-a.efi");
    s.file("esp/EFI/Linux/holdfast-2-b.efi", "b");
    BOOST_TEST(boot::prefer_slot(s.esp, 'a', 3).value() == 3U);
    BOOST_TEST((s.entries() == Names{"holdfast-3-a+3.efi", "holdfast-3-a.efi.extra.d", "holdfast-2-b.efi"}));
    BOOST_TEST(s.read("EFI/Linux/holdfast-3-a+3.efi") == "uki");
    BOOST_TEST(s.read("EFI/Linux/holdfast-3-a.efi.extra.d/slot.addon.efi") == "addon");
    BOOST_TEST(boot::remove_slot(s.esp, 'a').has_value());
    BOOST_TEST((boot::prefer_slot(s.esp, 'a', 3).error().code == Code::NotFound));
}

BOOST_AUTO_TEST_CASE(a_cut_while_a_slot_is_preferred_leaves_one_entry_with_its_addon) {
    for (const char* point : {"esp.renamed", "slot.addon-copied", "slot.preferred"}) {
        const Scratch s;
        write(s, "uki");
        BOOST_TEST(dying_at(point, 1, [&] { (void)boot::prefer_slot(s.esp, 'a', 3); }) == crashed);
        const std::string which = point == std::string("slot.preferred") ? "2" : "1";
        BOOST_TEST(s.read("EFI/Linux/holdfast-" + which + "-a+3.efi") == "uki");
        BOOST_TEST(s.read("EFI/Linux/holdfast-" + which + "-a.efi.extra.d/slot.addon.efi") == "addon");
        BOOST_TEST(boot::prefer_slot(s.esp, 'a', 3).has_value());
        BOOST_TEST(s.entries().size() == 2);
    }
}

BOOST_AUTO_TEST_CASE(a_slot_written_with_no_tries_is_armed_by_a_rename) {
    const Scratch s;
    write(s, "uki", 0);
    BOOST_TEST(s.read("EFI/Linux/holdfast-1-a+0.efi") == "uki");
    BOOST_TEST(boot::arm_slot(s.esp, 'a', 3).has_value());
    BOOST_TEST((s.entries() == Names{"holdfast-1-a+3.efi", "holdfast-1-a.efi.extra.d"}));
    BOOST_TEST((boot::arm_slot(s.esp, 'b', 3).error().code == Code::NotFound));
}

BOOST_AUTO_TEST_CASE(what_a_cut_left_empty_is_no_entry_and_goes) {
    const Scratch s;
    write(s, "uki", 0);
    s.file("esp/EFI/Linux/holdfast-1-a+3.efi", "");
    BOOST_TEST(boot::arm_slot(s.esp, 'a', 3).has_value());
    BOOST_TEST(s.read("EFI/Linux/holdfast-1-a+3.efi") == "uki");
    s.file("esp/EFI/Linux/holdfast-9-b.efi", "");
    BOOST_TEST((boot::arm_slot(s.esp, 'b', 3).error().code == Code::NotFound));
    BOOST_TEST(boot::remove_slot(s.esp, 'a').has_value());
    BOOST_TEST(s.entries().empty());
}

BOOST_AUTO_TEST_CASE(a_slot_that_is_given_up_has_no_tries_left) {
    const Scratch s;
    write(s, "uki");
    fs::rename(s.esp / "EFI/Linux/holdfast-1-a+3.efi", s.esp / "EFI/Linux/holdfast-1-a+2-1.efi");
    BOOST_TEST(boot::give_up_slot(s.esp, 'a').has_value());
    BOOST_TEST(s.read("EFI/Linux/holdfast-1-a+0-3.efi") == "uki");
}

BOOST_AUTO_TEST_CASE(what_the_slot_holds_now_counts_as_room) {
    const Scratch s;
    BOOST_REQUIRE_EQUAL(::mount("none", s.esp.c_str(), "tmpfs", 0, "size=1m"), 0);
    write(s, std::string(700UL * 1024, 'x'));
    const boot::SlotFiles files{s.file("uki", std::string(600UL * 1024, 'y')), s.root / "addon", 3};
    BOOST_TEST((boot::write_slot(s.esp, 'a', files).error().code == Code::NoSpace));
    BOOST_TEST(boot::room_for_slot(s.esp, 'a', 600UL * 1024, 5).has_value());
    BOOST_TEST((boot::room_for_slot(s.esp, 'a', 1100UL * 1024, 5).error().code == Code::NoSpace));
    ::umount(s.esp.c_str());
}

// A real file system of 1 MiB; needs the right to mount, which the build root has.
BOOST_AUTO_TEST_CASE(a_full_partition_is_said_before_anything_is_touched) {
    const Scratch s;
    BOOST_REQUIRE_EQUAL(::mount("none", s.esp.c_str(), "tmpfs", 0, "size=1m"), 0);
    write(s, "old", 2);
    const auto done =
        boot::write_slot(s.esp, 'a', {s.file("uki", std::string(2 * mebibyte, 'x')), s.root / "addon", 3});
    BOOST_TEST((done.error().code == Code::NoSpace));
    BOOST_TEST(done.error().what.contains("bytes needed"));
    BOOST_TEST((s.entries() == Names{"holdfast-1-a+2.efi", "holdfast-1-a.efi.extra.d"}));
    ::umount(s.esp.c_str());
}
