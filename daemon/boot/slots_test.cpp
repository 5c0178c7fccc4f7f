#include "boot/slots.hpp"

#include "base/file.hpp"

#include <boost/test/unit_test.hpp>
#include <cstdlib>

namespace fs = std::filesystem;
using namespace holdfast;
using namespace holdfast::boot;

namespace {

// A directory tree that looks like a box as far as a test needs it.
struct Box {
    fs::path root;
    Box() {
        std::string name = (fs::temp_directory_path() / "box-XXXXXX").string();
        BOOST_REQUIRE(::mkdtemp(name.data()));
        root = name;
    }
    Box(const Box&) = delete;
    Box& operator=(const Box&) = delete;
    ~Box() { fs::remove_all(root); }

    void file(const std::string& name, const std::string& bytes) const {
        fs::create_directories((root / name).parent_path());
        BOOST_REQUIRE(write_whole(root / name, bytes));
    }
    void loader(const std::string& variable, const std::string& text) const {
        std::string bytes(4, '\x06');
        for (const char c : text + '\0') bytes += {c, '\0'};
        file("sys/firmware/efi/efivars/" + variable + "-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f", bytes);
    }
    void firmware(const std::string& variable, char value) const {
        file("sys/firmware/efi/efivars/" + variable + "-8be4df61-93ca-11d2-aa0d-00e098032b8c",
             std::string(4, '\x06') + value);
    }
    void entry(const std::string& name) const { file("efi/EFI/Linux/" + name, "MZ"); }
};

const std::string checksum(64, 'c');

}  // namespace

BOOST_AUTO_TEST_CASE(names_of_entries) {
    BOOST_TEST((parse_entry_name("holdfast-7-a.efi").value() == Entry{Slot::A, 7, std::nullopt}));
    BOOST_TEST((parse_entry_name("holdfast-1-b+3.efi").value() == Entry{Slot::B, 1, Tries{3, 0}}));
    BOOST_TEST((parse_entry_name("holdfast-12-a+2-1.efi").value() == Entry{Slot::A, 12, Tries{2, 1}}));
    BOOST_TEST((parse_entry_name("holdfast-1-a+0-003.efi").value() == Entry{Slot::A, 1, Tries{0, 3}}));
    for (const char* name : {"holdfast-7-a.efi", "holdfast-1-b+3.efi", "holdfast-12-a+2-1.efi"})
        BOOST_TEST(entry_name(parse_entry_name(name).value()) == name);
}

BOOST_AUTO_TEST_CASE(other_names_are_refused) {
    for (const char* name : {"",
                             "holdfast-",
                             "holdfast-.efi",
                             "holdfast-c.efi",
                             "holdfast-1-a+.efi",
                             "holdfast-1-a+3-.efi",
                             "holdfast-a.efi",
                             "holdfast--a.efi",
                             "holdfast-x-a.efi",
                             "holdfast-1234567890-a.efi",
                             "holdfast-1-.efi",
                             "holdfast-1-a+-1.efi",
                             "holdfast-1-a+1-2-3.efi",
                             "holdfast-1-a+1234567890.efi",
                             "holdfast-1-a+x.efi",
                             "holdfast-1-a+ 3.efi",
                             "holdfast-ab.efi",
                             "other-a.efi",
                             "holdfast-1-a.EFI",
                             "holdfast-1-a.efi.new"})
        BOOST_TEST(!parse_entry_name(name), name);
}

BOOST_AUTO_TEST_CASE(an_entry_without_tries_left_is_not_bootable) {
    BOOST_TEST(bootable({Slot::A, 1, std::nullopt}));
    BOOST_TEST(bootable({Slot::A, 1, Tries{1, 2}}));
    BOOST_TEST(!bootable({Slot::A, 1, Tries{0, 3}}));
}

BOOST_AUTO_TEST_CASE(the_command_line_names_the_slot) {
    BOOST_TEST((parse_command_line("root=x androidboot.slot_suffix=_a ro\n").value() == Slot::A));
    BOOST_TEST((parse_command_line("androidboot.slot_suffix=_a androidboot.slot_suffix=_b").value() == Slot::B));
    BOOST_TEST(!parse_command_line("root=x"));
    BOOST_TEST(!parse_command_line("androidboot.slot_suffix=_c"));
    BOOST_TEST(!parse_command_line(""));
}

BOOST_AUTO_TEST_CASE(the_link_names_the_commit) {
    BOOST_TEST(parse_deployment("deploy/holdfast/deploy/" + checksum + ".0").value() == checksum);
    BOOST_TEST(!parse_deployment("deploy/holdfast/deploy/" + checksum));
    BOOST_TEST(!parse_deployment("deploy/holdfast/deploy/" + std::string(64, 'C') + ".0"));
    BOOST_TEST(!parse_deployment(""));
    const Box box;
    BOOST_TEST((slot_commit(box.root, Slot::A).error().code == Code::NotFound));
    fs::create_directories(box.root / "sysroot/ostree");
    fs::create_symlink("deploy/holdfast/deploy/" + checksum + ".0", box.root / "sysroot/ostree/root.a");
    BOOST_TEST(slot_commit(box.root, Slot::A).value() == checksum);
}

BOOST_AUTO_TEST_CASE(a_slot_on_trial_and_then_blessed) {
    const Box box;
    box.loader("LoaderInfo", "systemd-boot 257");
    box.loader("LoaderBootCountPath", "\\EFI\\Linux\\holdfast-1-a+2-1.efi");
    BOOST_TEST((standing_at_boot(box.root) == Standing(Tries{2, 1})));
    BOOST_TEST((standing_now(box.root, Slot::A) == Standing(Tries{2, 1})), "without an ESP the variable counts");
    box.entry("holdfast-1-a+2-1.efi");
    box.entry("holdfast-2-b.efi");
    BOOST_TEST((standing_now(box.root, Slot::A) == Standing(Tries{2, 1})));
    fs::rename(box.root / "efi/EFI/Linux/holdfast-1-a+2-1.efi", box.root / "efi/EFI/Linux/holdfast-1-a.efi");
    BOOST_TEST((standing_now(box.root, Slot::A) == Standing(Blessed{})));
    BOOST_TEST((standing_at_boot(box.root) == Standing(Tries{2, 1})));
}

BOOST_AUTO_TEST_CASE(a_blessed_slot_leaves_no_variable) {
    const Box box;
    box.loader("LoaderInfo", "systemd-boot 257");
    BOOST_TEST((standing_at_boot(box.root) == Standing(Blessed{})));
}

BOOST_AUTO_TEST_CASE(another_loader_or_a_broken_variable_is_untold) {
    const Box box;
    BOOST_TEST(std::holds_alternative<Untold>(standing_at_boot(box.root)));
    box.loader("LoaderBootCountPath", "\\EFI\\Linux\\something+1.efi");
    BOOST_TEST(std::holds_alternative<Untold>(standing_at_boot(box.root)));
    box.file("sys/firmware/efi/efivars/LoaderBootCountPath-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f", "ab");
    BOOST_TEST(std::holds_alternative<Untold>(standing_at_boot(box.root)));
}

BOOST_AUTO_TEST_CASE(entries_pass_over_other_files) {
    const Box box;
    BOOST_TEST((entries(box.root).error().code == Code::NotFound));
    box.entry("holdfast-2-b+3.efi");
    box.entry("memtest.efi");
    box.entry("holdfast-1-a.efi.extra.d/slot.addon.efi");
    BOOST_TEST((entries(box.root).value() == std::vector{Entry{Slot::B, 2, Tries{3, 0}}}));
}

BOOST_AUTO_TEST_CASE(the_esp_may_be_at_boot) {
    const Box box;
    box.file("boot/EFI/Linux/holdfast-1-a.efi", "MZ");
    BOOST_TEST((entries(box.root).value() == std::vector{Entry{Slot::A, 1, std::nullopt}}));
}

BOOST_AUTO_TEST_CASE(secure_boot_states) {
    const Box box;
    BOOST_TEST((secure_boot(box.root) == SecureBoot::NoFirmware));
    fs::create_directories(box.root / "sys/firmware/efi/efivars");
    BOOST_TEST((secure_boot(box.root) == SecureBoot::Unknown));
    box.firmware("Timeout", 0);
    BOOST_TEST((secure_boot(box.root) == SecureBoot::Unsupported));
    box.firmware("SecureBoot", 0);
    box.firmware("SetupMode", 1);
    BOOST_TEST((secure_boot(box.root) == SecureBoot::SetupMode));
    box.firmware("SetupMode", 0);
    BOOST_TEST((secure_boot(box.root) == SecureBoot::Disabled));
    box.firmware("SecureBoot", 1);
    BOOST_TEST((secure_boot(box.root) == SecureBoot::Enabled));
}

BOOST_AUTO_TEST_CASE(tpm_states) {
    const Box box;
    BOOST_TEST((tpm(box.root) == Tpm::Absent));
    fs::create_directories(box.root / "sys/class/tpm/tpm0");
    BOOST_TEST((tpm(box.root) == Tpm::Present));
    box.file("sys/class/tpm/tpm0/tpm_version_major", "2\n");
    BOOST_TEST((tpm(box.root) == Tpm::Version2));
    box.file("sys/class/tpm/tpm0/tpm_version_major", "1\n");
    BOOST_TEST((tpm(box.root) == Tpm::Version1));
}
