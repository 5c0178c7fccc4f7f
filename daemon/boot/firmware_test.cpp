#include "boot/firmware.hpp"

#include "base/file.hpp"
#include "base/in_child.hpp"
#include "base/little_endian.hpp"
#include "base/scratch.hpp"
#include "boot/utf16.hpp"
#include "boot/variable.hpp"

#include <boost/test/unit_test.hpp>
#include <map>
#include <sys/mount.h>

using namespace holdfast;
using namespace holdfast::boot;
using namespace std::string_literals;
namespace fs = std::filesystem;

namespace {

const Partition esp{"d56615a6-227e-4d5e-ab31-f9b974c962ed", 1, 2048, 1048576};
const LoadOption right{true, "Holdfast", esp, R"(\EFI\systemd\systemd-bootx64.efi)"};
const fs::path real = "/usr/lib/systemd/boot/efi/systemd-bootx64.efi";

LoadOption changed(auto&& change) {
    LoadOption option = right;
    change(option);
    return option;
}

const LoadOption foreign = changed([](LoadOption& option) {
    option.partition->uuid = "00000000-227e-4d5e-ab31-f9b974c962ed";
    option.label = "Other";
});

// A box with firmware that knows nothing of it yet, and a whole ESP.
struct Box {
    Scratch scratch = Scratch::make("firmware").value();
    const fs::path& root = scratch.path();
    fs::path installed = root / "efi/EFI/systemd/systemd-bootx64.efi", fallback = root / "efi/EFI/BOOT/BOOTX64.EFI";
    Box() {
        fs::create_directories(variables_folder(root));
        for (const auto& file : {installed, fallback}) {
            fs::create_directories(file.parent_path());
            fs::copy_file(real, file);
        }
    }

    void option(const std::string& name, const LoadOption& option) const {
        BOOST_REQUIRE(write_variable(root, name, vendor::firmware, encode(option).value()));
    }
    LoadOption option(const std::string& name) const {
        return parse_load_option(read_variable(root, name, vendor::firmware).value()).value();
    }
    bool exists(const std::string& name) const { return read_variable(root, name, vendor::firmware).has_value(); }
    void order(const std::vector<std::uint16_t>& numbers) const {
        std::string bytes;
        for (const auto each : numbers) append(bytes, each);
        BOOST_REQUIRE(write_variable(root, "BootOrder", vendor::firmware, bytes));
    }
    std::vector<std::uint16_t> order() const {
        const auto bytes = read_variable(root, "BootOrder", vendor::firmware).value_or("");
        std::vector<std::uint16_t> numbers;
        for (std::size_t at = 0; at < bytes.size(); at += 2) numbers.push_back(*number<std::uint16_t>(bytes, at));
        return numbers;
    }
    Restored restore() const {
        const auto done = restore_boot_entry(root, esp);
        BOOST_REQUIRE_MESSAGE(done, (done ? "" : done.error().what));
        return *done;
    }
    std::vector<std::string> repairs() const { return restore().repairs; }
    std::map<fs::path, fs::file_time_type> times() const {
        std::map<fs::path, fs::file_time_type> found;
        for (const auto& each : fs::recursive_directory_iterator(root)) found[each.path()] = each.last_write_time();
        return found;
    }
    // All that can be wrong at once.
    void spoil() const {
        option("Boot0000", foreign);
        option("Boot0001", changed([](LoadOption& option) { option.active = false; }));
        option("Boot0002", changed([](LoadOption& option) { option.label = "Linux Boot Manager"; }));
        option("Boot0007", changed([](LoadOption& option) { option.partition->start = 34; }));
        order({0, 2, 1, 9});
        fs::remove(fallback);
        for (const char* name : {"LoaderEntryDefault", "LoaderEntryOneShot"})
            BOOST_REQUIRE(write_variable(root, name, vendor::loader, to_utf16("holdfast-7-a.efi")));
    }
    bool whole() const {
        return read_whole(fallback).value_or("") == read_whole(real).value() && !order().empty() &&
               option("Boot0002") == right && order() == std::vector<std::uint16_t>{2, 0, 9} && exists("Boot0000") &&
               !exists("Boot0001") && !exists("Boot0007") &&
               !read_variable(root, "LoaderEntryDefault", vendor::loader) &&
               !read_variable(root, "LoaderEntryOneShot", vendor::loader);
    }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_firmware_that_knows_nothing_gets_an_entry, Box) {
    const auto restored = restore();
    BOOST_TEST(restored.entry == "Boot0000");
    BOOST_TEST(restored.repairs.size() == 2U);
    BOOST_TEST((option("Boot0000") == right));
    BOOST_TEST((order() == std::vector<std::uint16_t>{0}));
    const auto file = variables_folder(root) / "Boot0000-8be4df61-93ca-11d2-aa0d-00e098032b8c";
    BOOST_TEST(read_whole(file).value() == "\x07\0\0\0"s + encode(right).value());
}

BOOST_FIXTURE_TEST_CASE(where_all_is_right_nothing_is_written, Box) {
    option("Boot0003", right);
    option("Boot0001", foreign);
    order({3, 1});
    const auto before = times();
    BOOST_TEST(restore().entry == "Boot0003");
    BOOST_TEST(repairs().empty());
    BOOST_TEST((times() == before));
}

BOOST_FIXTURE_TEST_CASE(a_lost_entry_comes_back_in_front_of_the_others, Box) {
    option("Boot0000", foreign);
    order({0, 1});  // Boot0001 was ours, and the firmware dropped it
    const auto restored = restore();
    BOOST_TEST(restored.entry == "Boot0002");
    BOOST_TEST((order() == std::vector<std::uint16_t>{2, 0, 1}));
    BOOST_TEST(restored.repairs[1] == "BootOrder is 0002,0000,0001: it was 0000,0001");
    BOOST_TEST(repairs().empty());
}

BOOST_FIXTURE_TEST_CASE(an_entry_that_slipped_down_is_moved_and_not_written, Box) {
    option("Boot0000", foreign);
    option("Boot000A", right);
    order({0, 10});
    BOOST_TEST(repairs() == std::vector<std::string>{"BootOrder is 000A,0000: it was 0000,000A"},
               boost::test_tools::per_element());
    BOOST_TEST(repairs().empty());
}

BOOST_FIXTURE_TEST_CASE(what_is_wrong_in_an_entry_is_written_anew_under_its_number, Box) {
    using Change = void (*)(LoadOption&);
    for (const Change change :
         {Change([](LoadOption& o) { o.active = false; }), Change([](LoadOption& o) { o.label = "UEFI OS"; }),
          Change([](LoadOption& o) { o.partition->number = 5; })}) {
        option("Boot0004", changed(change));
        order({4});
        BOOST_TEST(repairs().size() == 1U);
        BOOST_TEST((option("Boot0004") == right));
    }
}

BOOST_FIXTURE_TEST_CASE(case_of_letters_does_not_matter_to_fat, Box) {
    option("Boot0000", changed([](LoadOption& option) { option.file = R"(\EFI\SYSTEMD\SYSTEMD-BOOTX64.EFI)"; }));
    order({0});
    BOOST_TEST(repairs().empty());
}

BOOST_FIXTURE_TEST_CASE(of_duplicates_the_right_one_stays_and_entries_of_others_do, Box) {
    spoil();
    option("Boot0005", right);
    option("Boot0006", changed([](LoadOption& option) { option.file = R"(\EFI\BOOT\BOOTX64.EFI)"; }));
    BOOST_REQUIRE(write_variable(root, "Boot0008", vendor::firmware, "nonsense"));
    BOOST_TEST(restore().entry == "Boot0005");
    BOOST_TEST((order() == std::vector<std::uint16_t>{5, 0, 9}));
    for (const char* gone : {"Boot0001", "Boot0002", "Boot0007"}) BOOST_TEST(!exists(gone), gone);
    for (const char* left : {"Boot0000", "Boot0005", "Boot0006", "Boot0008"}) BOOST_TEST(exists(left), left);
}

BOOST_FIXTURE_TEST_CASE(variables_that_overrule_boot_counting_go_and_are_named, Box) {
    restore();
    BOOST_REQUIRE(write_variable(root, "LoaderEntryDefault", vendor::loader, to_utf16("holdfast-7-a.efi")));
    const auto told = repairs();
    BOOST_REQUIRE(told.size() == 1U);
    BOOST_TEST(told[0].contains("LoaderEntryDefault was removed: it asked for 'holdfast-7-a.efi'"));
    BOOST_TEST(repairs().empty());
}

BOOST_FIXTURE_TEST_CASE(without_a_whole_loader_the_entry_is_restored_all_the_same, Box) {
    fs::remove(installed);
    BOOST_REQUIRE(write_whole(fallback, "another loader"));
    const auto failed = restore_boot_entry(root, esp);
    BOOST_REQUIRE(!failed);
    BOOST_TEST((failed.error().code == Code::NotFound));
    BOOST_TEST(failed.error().what.contains("is a whole boot loader"));
    BOOST_TEST(failed.error().what.contains("all the same, Boot0000 was made"));
    BOOST_TEST((option("Boot0000") == right));
    BOOST_TEST(read_whole(fallback).value() == "another loader");
}

BOOST_FIXTURE_TEST_CASE(a_box_without_uefi_variables_is_told, Box) {
    fs::remove_all(variables_folder(root));
    BOOST_TEST((restore_boot_entry(root, esp).error().code == Code::NotFound));
}

// Real file systems that are full or read-only; the build root has the right to mount.
BOOST_FIXTURE_TEST_CASE(a_full_or_read_only_memory_is_an_error_and_no_harm, Box) {
    const auto folder = variables_folder(root);
    BOOST_REQUIRE_EQUAL(::mount("none", folder.c_str(), "tmpfs", 0, "size=8k"), 0);
    option("Boot0000", foreign);
    order({0});
    const auto full = restore_boot_entry(root, esp);
    BOOST_TEST((!full && full.error().code == Code::NoSpace));
    BOOST_TEST((order() == std::vector<std::uint16_t>{0}));
    BOOST_TEST(!exists("Boot0001"));
    BOOST_REQUIRE_EQUAL(::mount("none", folder.c_str(), nullptr, MS_REMOUNT, "size=64k"), 0);
    BOOST_TEST(restore().entry == "Boot0001");
    BOOST_REQUIRE_EQUAL(::mount("none", folder.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr), 0);
    BOOST_TEST(repairs().empty());  // nothing is wrong, so nothing is written
    BOOST_REQUIRE_EQUAL(::mount("none", folder.c_str(), nullptr, MS_REMOUNT, nullptr), 0);
    order({0, 1});
    BOOST_REQUIRE_EQUAL(::mount("none", folder.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr), 0);
    const auto denied = restore_boot_entry(root, esp);
    BOOST_TEST((!denied && denied.error().code == Code::Denied));
    ::umount(folder.c_str());
}

BOOST_AUTO_TEST_CASE(a_cut_anywhere_leaves_a_way_to_start_us_and_the_next_run_ends_it) {
    for (const auto& [point, times] : std::map<const char*, unsigned>{{"esp.written", 1},
                                                                      {"esp.renamed", 1},
                                                                      {"firmware.loader", 1},
                                                                      {"firmware.override", 2},
                                                                      {"firmware.option", 1},
                                                                      {"firmware.order", 1},
                                                                      {"firmware.duplicate", 2}})
        for (unsigned time = 1; time <= times; ++time) {
            const Box box;
            box.spoil();
            BOOST_TEST(dying_at(point, time, [&] { (void)restore_boot_entry(box.root, esp); }) == crashed,
                       point << " " << time);
            // What BootOrder named before is there: Boot0002 starts us.
            BOOST_TEST(box.option("Boot0002").file == right.file);
            BOOST_TEST((box.order().front() == 2 || box.order()[1] == 2));
            BOOST_TEST(read_whole(box.installed).value() == read_whole(real).value());
            box.restore();
            BOOST_TEST(box.whole(), point << " " << time);
            BOOST_TEST(box.repairs().empty());
        }
}
