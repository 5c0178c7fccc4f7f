#include "boot/loader.hpp"

#include "base/file.hpp"
#include "base/in_child.hpp"
#include "base/process.hpp"
#include "base/scratch.hpp"
#include "boot/utf16.hpp"
#include "boot/variable.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast;
using namespace holdfast::boot;
namespace fs = std::filesystem;

namespace {

const fs::path real = "/usr/lib/systemd/boot/efi/systemd-bootx64.efi";

// The real one, said to be of another version by its first digit.
std::string of_version(char digit) {
    auto bytes = read_whole(real).value();
    const std::string_view before = "#### LoaderInfo: systemd-boot ";
    for (auto at = bytes.find(before); at != bytes.npos; at = bytes.find(before, at + 1))
        bytes[at + before.size()] = digit;
    return bytes;
}

// A box whose ESP and image have the real one.
struct Box {
    Scratch scratch = Scratch::make("loader").value();
    const fs::path& root = scratch.path();
    fs::path image = root / "usr/lib/holdfast/boot/systemd-bootx64.efi";
    fs::path named = root / "efi/EFI/systemd/systemd-bootx64.efi", fallback = root / "efi/EFI/BOOT/BOOTX64.EFI";
    std::string old = read_whole(real).value();

    Box() {
        fs::create_directories(variables_folder(root));
        for (const auto& file : {image, named, fallback}) put(file, old);
    }
    static void put(const fs::path& file, const std::string& bytes) {
        fs::create_directories(file.parent_path());
        BOOST_REQUIRE(write_whole(file, bytes));
    }
    std::vector<std::string> repairs() const {
        const auto done = restore_loader(root);
        BOOST_REQUIRE_MESSAGE(done, (done ? "" : done.error().what));
        return *done;
    }
    // The box was started by the version that lies there.
    void start_by(const fs::path& file) const {
        const std::string text = read_whole(file).value(), mark = "#### LoaderInfo: systemd-boot ";
        const auto at = text.find(mark) + mark.size();
        BOOST_REQUIRE(write_variable(root, "LoaderInfo", vendor::loader,
                                     to_utf16("systemd-boot " + text.substr(at, text.find(" ####", at) - at))));
    }
    bool both(const std::string& bytes) const {
        return read_whole(named).value_or("") == bytes && read_whole(fallback).value_or("") == bytes;
    }
    Error refused() const {
        const auto done = restore_loader(root);
        BOOST_REQUIRE(!done);
        return done.error();
    }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(where_all_are_alike_nothing_is_said_or_written, Box) {
    const auto before = fs::last_write_time(named);
    BOOST_TEST(repairs().empty());
    BOOST_TEST((fs::last_write_time(named) == before));
}

BOOST_FIXTURE_TEST_CASE(the_loader_that_is_whole_is_copied_over_the_other, Box) {
    for (const auto& broken : {fallback, named})
        for (const auto& content : {old.substr(0, old.size() / 2), std::string("another loader"), std::string()}) {
            fs::remove(broken);
            if (!content.empty()) put(broken, content);
            BOOST_TEST(repairs().size() == 1U);
            BOOST_TEST(both(old));
        }
}

BOOST_FIXTURE_TEST_CASE(a_loader_whose_signature_is_for_other_bytes_is_not_whole, Box) {
    const auto key = root / "key", certificate = root / "certificate";
    BOOST_REQUIRE(run_or_fail({"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=test", "-days",
                               "2", "-keyout", key, "-out", certificate}));
    BOOST_REQUIRE(run_or_fail({"sbsign", "--key", key, "--cert", certificate, "--output", fallback, real}));
    fs::remove(image);
    const auto whole = read_whole(fallback).value();
    auto bytes = whole;
    bytes[0x2000] ^= 1;
    put(named, bytes);
    BOOST_TEST(repairs().size() == 1U);
    BOOST_TEST(both(whole));
    // Nor is one of an image, and then what is there stays.
    put(image, bytes);
    BOOST_TEST((refused().code == Code::Corrupt));
    BOOST_TEST(both(whole));
}

BOOST_FIXTURE_TEST_CASE(without_a_whole_one_anywhere_nothing_is_touched, Box) {
    fs::remove(named);
    fs::remove(image);
    put(fallback, "another loader");
    BOOST_TEST((refused().code == Code::NotFound));
    BOOST_TEST(refused().what.contains("is a whole boot loader"));
    BOOST_TEST(read_whole(fallback).value() == "another loader");
}

BOOST_FIXTURE_TEST_CASE(an_image_saves_an_esp_without_a_whole_one, Box) {
    fs::remove(named);
    put(fallback, "another loader");
    BOOST_TEST(repairs().size() == 1U);
    BOOST_TEST(both(old));
}

BOOST_FIXTURE_TEST_CASE(a_newer_image_brings_its_loader_and_an_older_one_leaves_it, Box) {
    const auto newer = of_version('8');
    put(image, newer);
    const auto said = repairs();
    BOOST_REQUIRE(said.size() == 1U);
    BOOST_TEST(said[0].contains("EFI/systemd/systemd-bootx64.efi is systemd-boot 8"));
    // Until it has started the box the one that did is what a firmware falls back to.
    start_by(fallback);
    BOOST_TEST(repairs().empty());
    BOOST_TEST(read_whole(named).value() == newer);
    BOOST_TEST(read_whole(fallback).value() == old);
    start_by(named);
    BOOST_TEST(repairs().size() == 1U);
    BOOST_TEST(both(newer));
    put(image, old);
    BOOST_TEST(repairs().empty());
    BOOST_TEST(both(newer));
}

BOOST_FIXTURE_TEST_CASE(a_loader_that_the_firmware_would_not_start_is_not_brought, Box) {
    const auto newer = of_version('8');
    put(image, newer);
    BOOST_REQUIRE(run_or_fail({"hash-to-efi-sig-list", image, root / "esl"}));
    const auto list = read_whole(root / "esl").value();
    BOOST_REQUIRE(write_variable(root, "SecureBoot", vendor::firmware, "\1"));
    BOOST_REQUIRE(write_variable(root, "dbx", vendor::security, list));
    BOOST_TEST((refused().code == Code::Denied));
    BOOST_TEST(refused().what.contains("revoked its hash"));
    BOOST_TEST(both(old));
    // Without Secure Boot nobody asks.
    BOOST_REQUIRE(write_variable(root, "SecureBoot", vendor::firmware, std::string(1, '\0')));
    BOOST_TEST(repairs().size() == 1U);
    BOOST_TEST(read_whole(named).value() == newer);
}

BOOST_AUTO_TEST_CASE(a_cut_anywhere_leaves_one_that_is_whole_in_each_place_and_the_next_run_ends_it) {
    // While it is brought, and while the other place follows it after a start.
    for (const bool follows : {false, true})
        for (const char* point : {"esp.written", "esp.renamed", follows ? "firmware.loader" : "firmware.newer-loader"})
            BOOST_TEST_CONTEXT(point << (follows ? " following" : "")) {
                const Box box;
                const auto newer = of_version('8');
                Box::put(box.image, newer);
                if (follows) {
                    static_cast<void>(box.repairs());
                    box.start_by(box.named);
                }
                BOOST_TEST(dying_at(point, 1, [&] { static_cast<void>(restore_loader(box.root)); }) == crashed);
                for (const auto& file : {box.named, box.fallback}) {
                    const auto bytes = read_whole(file).value();
                    BOOST_TEST((bytes == newer || bytes == box.old));
                }
                static_cast<void>(box.repairs());
                box.start_by(box.named);
                static_cast<void>(box.repairs());
                BOOST_TEST(box.both(newer));
            }
}
