#include "measure/measurements.hpp"

#include "base/process.hpp"
#include "base/scratch.hpp"
#include "base/text.hpp"

#include <boost/test/unit_test.hpp>
#include <vector>

using namespace holdfast;
using measure::Inputs;
using measure::Pcr;

namespace {

const std::filesystem::path efi = "/usr/lib/systemd/boot/efi";

Digest digest_of(std::string_view text) {
    Digest digest{};
    for (std::size_t i = 0; i < digest.size(); ++i)
        digest[i] = static_cast<unsigned char>(std::stoi(std::string(text.substr(2 * i, 2)), nullptr, 16));
    return digest;
}

std::string replay(const std::vector<std::string_view>& events) {
    Pcr pcr;
    for (const auto event : events) pcr.extend(digest_of(event));
    return pcr.hex();
}

void ukify(Arguments arguments) {
    arguments.insert(arguments.begin(), {"ukify", "build"});
    BOOST_REQUIRE(run_or_fail(arguments));
}

// A UKI whose "kernel" is systemd-boot, so that no kernel has to be at hand, and the two slots' addons.
struct Image {
    Scratch scratch = Scratch::make("measurements").value();
    Inputs inputs{.systemd_boot = efi / "systemd-bootx64.efi", .uki = scratch.path() / "uki.efi"};
    Image() {
        BOOST_REQUIRE(write_whole(scratch.path() / "initrd", std::string(70001, 'i')));
        build({});
        for (const char slot : {'a', 'b'}) {
            inputs.addons[slot] = scratch.path() / (std::string(1, slot) + ".addon.efi");
            ukify({"--cmdline=" + command_line(slot), "--stub=" + (efi / "addonx64.efi.stub").string(),
                   "--output=" + inputs.addons[slot].string()});
        }
    }
    static std::string command_line(char slot) { return std::string("ostree=/ostree/root.") + slot; }
    void build(const Arguments& more) const {
        Arguments all{"--linux=" + inputs.systemd_boot.string(),
                      "--initrd=" + (scratch.path() / "initrd").string(),
                      "--cmdline=quiet",
                      "--os-release=ID=test",
                      "--uname=6.12",
                      "--output=" + inputs.uki.string()};
        all.insert(all.end(), more.begin(), more.end());
        ukify(all);
    }
};

// What systemd-stub extends for one section.
void extend_section(Pcr& pcr, const boot::Pe& uki, const std::string& name) {
    pcr.extend(sha256(name + '\0')).extend(sha256(uki.section(name)->contents()));
}

}  // namespace

// From the event log of a machine: OVMF 2025.02, software TPM, systemd 257.13, first without Secure Boot in slot a,
// then with it in slot b.
BOOST_AUTO_TEST_CASE(the_events_of_a_real_boot_give_its_pcrs) {
    const std::string_view action = "3d6772b4f84ed47595d72a2c4c5ffd15f5bb72c7507fe26f2aaee2c69d5633ba",
                           separator = "df3f619804a92fdb4057192dc43dd748ea778adc52bc498ce80524c014b81119",
                           loader = "937f1f3b0b3fed2034f1fddcc68c835f3e4ba190143f79693816e5a9d1718da5",
                           uki = "56395670160c2291f2538226f80f575e71df7e12f4b40ef28a06151ab64244fa",
                           addon_a = "9776444e325177f97a46091b38bfb264c5869a1cd106398ee6c2dc5a85578422",
                           addon_b = "bc22016af92d51946a3c532876c35d490b1438f19ba0199836bc9f63769578e9",
                           kernel = "a20646051d119ba9f5e4f6759d6bb1395157aa7d69bc39fa42e3e5d8cb94c56b";
    BOOST_TEST(hex(sha256("Calling EFI Application from Boot Option")) == action);
    BOOST_TEST(hex(sha256(std::string_view("\0\0\0\0", 4))) == separator);
    BOOST_TEST(replay({action, separator, loader, uki, addon_a, kernel}) ==
               "41799230f8e3dbe3ae936d2e6d7f802ca231885dbf824f41953e0567b727a488");
    BOOST_TEST(replay({action, separator, loader, uki, addon_b}) ==
               "5baef4d38c8a2d3f892d39a450659e781907ce7aeaf9e16effe15d275dd2d591");
}

BOOST_AUTO_TEST_CASE(a_command_line_is_measured_as_the_real_stub_did) {
    const auto event = measure::command_line_event("ostree=/ostree/root.a androidboot.slot_suffix=_a").value();
    BOOST_TEST(hex(event) == "4bc174a9866dacbdb86304965210930103fd1062d8b012237a079b43b1a2a3a9");
    BOOST_TEST(Pcr().extend(event).hex() == "e769d6cb3de3985537a52ec61d1d9eb4669d8ab726ef363c98a724d7280e5bf7");
}

BOOST_AUTO_TEST_CASE(a_command_line_is_trimmed_and_must_be_ascii_text) {
    const auto plain = measure::command_line_event("a b").value();
    BOOST_TEST((measure::command_line_event(" a\tb\n").value() == plain));
    BOOST_TEST((measure::command_line_event(std::string("a b\0c", 5)).value() == plain));
    BOOST_TEST((measure::command_line_event("a\xc3\xa4").error().code == Code::Corrupt));
    BOOST_TEST((measure::command_line_event(" \n").error().code == Code::Corrupt));
}

BOOST_FIXTURE_TEST_CASE(an_image_is_measured_whole, Image) {
    const auto json = measure::measurements(inputs).value();
    BOOST_TEST(json["format"] == 1);
    BOOST_TEST(json["pcrs"]["4"].size() == 2U);
    BOOST_TEST(json["pcrs"]["4"]["a"] != json["pcrs"]["4"]["b"]);
    BOOST_TEST(json["pcrs"]["4"]["a"] != json["pcrs_without_secure_boot"]["4"]["a"]);
    BOOST_TEST(json["pcrs"]["12"]["b"] == Pcr().extend(measure::command_line_event(command_line('b')).value()).hex());

    const auto& components = json["components"];
    BOOST_TEST(components.size() == 5U);
    BOOST_TEST(components[0]["authenticode"] == components[2]["authenticode"]);  // here the kernel is systemd-boot
    BOOST_TEST(components[1]["sha256"] == sha256_file(inputs.uki).value());
    BOOST_TEST(components[4]["path"] == "EFI/Linux/holdfast-*-b.efi.extra.d/slot.addon.efi");
}

// The order of the sections and the phases' words, seen in the log of a machine, against what systemd-measure says.
BOOST_FIXTURE_TEST_CASE(pcr_11_is_what_the_stub_and_the_phases_extend, Image) {
    const auto json = measure::measurements(inputs).value();
    const auto uki = boot::Pe::load(inputs.uki).value();
    Pcr pcr;
    for (const auto* name : {".linux", ".osrel", ".cmdline", ".initrd", ".uname", ".sbat"})
        extend_section(pcr, uki, name);
    BOOST_TEST(json["pcrs"]["11"].size() == 4U);
    BOOST_TEST(json["pcrs"]["11"]["enter-initrd"] == pcr.extend(sha256("enter-initrd")).hex());
    pcr.extend(sha256("leave-initrd")).extend(sha256("sysinit")).extend(sha256("ready"));
    BOOST_TEST(json["pcrs"]["11"]["enter-initrd:leave-initrd:sysinit:ready"] == pcr.hex());
}

BOOST_FIXTURE_TEST_CASE(what_cannot_be_foreseen_is_refused, Image) {
    build({"--profile=ID=main"});
    const auto refused = measure::measurements(inputs);
    BOOST_REQUIRE(!refused);
    BOOST_TEST((refused.error().code == Code::Corrupt));
    BOOST_TEST(refused.error().what.contains(".profile"));
}

BOOST_FIXTURE_TEST_CASE(a_uki_in_the_wrong_place_is_refused, Image) {
    auto swapped = inputs;
    std::swap(swapped.uki, swapped.systemd_boot);
    BOOST_TEST(measure::measurements(swapped).error().what.contains("not a UKI"));
    auto no_command_line = inputs;
    no_command_line.addons['a'] = efi / "addonx64.efi.stub";
    BOOST_TEST(measure::measurements(no_command_line).error().what.contains(".cmdline"));
}
