#include "base/crash_point.hpp"
#include "base/file.hpp"
#include "base/in_child.hpp"
#include "base/json.hpp"
#include "storage/pin.hpp"
#include "storage/recovery_key.hpp"
#include "storage/state.hpp"
#include "storage/unlock.hpp"
#include "tpm/policy.hpp"
#include "tpm/real_tpm.hpp"

#include <boost/test/unit_test.hpp>
#include <cstring>
#include <libcryptsetup.h>

using namespace holdfast;
using namespace holdfast::storage;
namespace fs = std::filesystem;

namespace {

struct World {
    RealTpm tpm;
    Scratch scratch = good(Scratch::make("storage"));
    fs::path disk = scratch.path() / "disk", root = scratch.path() / "root";
    std::string key = make_key("pcr");

    World() {
        for (const auto* folder : {"var/lib/holdfast/storage", "usr/lib/holdfast/boot", "run/systemd"})
            good(make_directories(root / folder));
        good(write_whole(root / "var/lib/holdfast/storage/recovery-key", "ccccccbb", 0600));
        good(write_whole(root / "usr/lib/holdfast/boot/pcr.pub", key));
        good(run_or_fail({"truncate", "-s", "64M", disk.string()}));
        // Few rounds: what is tried here is not how long guessing takes.
        good(run_or_fail({"cryptsetup", "luksFormat", "-q", "--type", "luks2", "--pbkdf", "pbkdf2",
                          "--pbkdf-force-iterations", "1000", disk.string(),
                          (root / "var/lib/holdfast/storage/recovery-key").string()}));
        // A register as firmware leaves it.
        tpm.tool({"tpm2_pcrextend", "7:sha256=" + std::string(64, 'a')});
    }
    std::string make_key(const std::string& name) const {
        const auto secret = scratch.path() / (name + ".key");
        good(run_or_fail({"openssl", "genrsa", "-out", secret.string(), "2048"}));
        return good(run_or_fail({"openssl", "pkey", "-in", secret.string(), "-pubout"}));
    }
    Places places() const { return {.root = root, .device = disk, .tcti = tpm.tcti(), .tpm = tpm.tcti()}; }
    Digest pcr_7() const {
        constexpr unsigned seven = 7;
        return good(tpm.open().read_pcrs({&seven, 1})).at(7);
    }
    std::string slots() const { return good(run_or_fail({"systemd-cryptenroll", disk.string()})); }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(our_policy_is_systemd_s, World) {
    good(seal(places(), {.public_key = key, .secure_boot = false, .why = {}}));
    auto header = good(read_header(disk));
    BOOST_REQUIRE(header.seals.size() == 1U);
    BOOST_TEST(header.others == 1U);
    BOOST_TEST(header.seals.front().public_key == key);
    BOOST_TEST(header.seals.front().pcrs.empty());
    BOOST_TEST((header.seals.front().policy == good(tpm::sealing_policy(key, {}))));

    good(seal(places(), {.public_key = key, .secure_boot = true, .why = {}}));
    header = good(read_header(disk));
    BOOST_REQUIRE(header.seals.size() == 1U);
    BOOST_TEST((header.seals.front().policy == good(tpm::sealing_policy(key, {{7, pcr_7()}}))));
    BOOST_TEST(slots().contains("password"));
    BOOST_TEST(slots().contains("tpm2"));
}

BOOST_FIXTURE_TEST_CASE(what_is_seen_leads_to_what_is_done_and_then_to_rest, World) {
    auto seen = good(look(places()));
    BOOST_TEST(seen.header.seals.empty());
    BOOST_TEST((seen.pcr_7 == pcr_7()));
    BOOST_TEST(good(why_locked(seen)) == "no TPM holds its key");
    const auto decision = good(decide(seen));
    BOOST_REQUIRE(decision.reseal.has_value());
    good(seal(places(), *decision.reseal));
    BOOST_TEST(!good(decide(good(look(places())))).reseal.has_value());
}

BOOST_FIXTURE_TEST_CASE(signers_are_those_that_systemd_measure_names, World) {
    const auto signed_values = good(run_or_fail(
        {"/usr/lib/systemd/systemd-measure", "sign", "--bank=sha256", "--cmdline=/dev/null", "--osrel=/dev/null",
         "--linux=" + disk.string(), "--private-key=" + (scratch.path() / "pcr.key").string(),
         "--public-key=" + (root / "usr/lib/holdfast/boot/pcr.pub").string(), "--phase=enter-initrd:leave-initrd"}));
    good(write_whole(root / "run/systemd/tpm2-pcr-signature.json", signed_values));
    const auto seen = good(look(places()));
    BOOST_REQUIRE(seen.running.has_value());
    BOOST_TEST(*seen.running == Fingerprints{good(tpm::pcr_key_fingerprint(key))}, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(without_a_tpm_or_a_key_nothing_is_changed_and_all_is_told, World) {
    auto places = this->places();
    places.tcti = "swtpm:path=/nowhere";
    BOOST_TEST(good(decide(good(look(places)))).sentence.starts_with("no TPM 2.0 answers"));
    good(remove_tree(root / "var/lib/holdfast/storage/recovery-key"));
    const auto sealed = seal(this->places(), {.public_key = key, .secure_boot = true, .why = {}});
    BOOST_REQUIRE(!sealed);
    BOOST_TEST(sealed.error().what.contains("write the key into that file, mode 0600"));
    BOOST_TEST(!slots().contains("tpm2"));
    BOOST_TEST((look({.root = root, .device = scratch.path() / "no-disk", .tcti = {}, .tpm = {}}).error().code ==
                Code::NotFound));
    BOOST_TEST((read_header(root / "usr/lib/holdfast/boot/pcr.pub").error().code == Code::Corrupt));
}

namespace {

// What systemd-cryptsetup hands to its plug-in for libcryptsetup (systemd 257, src/shared/tpm2-util.h).
struct PluginParameters {
    std::uint32_t pcrs = UINT32_MAX;  // any
    const char* device = nullptr;
    const char* signature = nullptr;
    const char* pcrlock = nullptr;
};

// A box whose UKI the owner has signed, of which PCR 11 shows nothing yet.
struct Started : World {
    const fs::path pin = root / "var" / pin_in_var, begun = root / "var" / new_pin_in_var,
                   signature = root / "run/systemd/tpm2-pcr-signature.json";

    Started() {
        const auto kernel = scratch.path() / "kernel";
        good(write_whole(kernel, "kernel"));
        good(write_whole(
            signature,
            good(run_or_fail({"/usr/lib/systemd/systemd-measure", "sign", "--bank=sha256", "--linux=" + kernel.string(),
                              "--private-key=" + (scratch.path() / "pcr.key").string(),
                              "--public-key=" + (root / "usr/lib/holdfast/boot/pcr.pub").string(),
                              "--phase=enter-initrd"}))));
        // As systemd-stub and the initrd do it.
        for (const std::string& measured :
             {std::string(".linux\0", 7), std::string("kernel"), std::string("enter-initrd")})
            tpm.tool({"tpm2_pcrextend", "11:sha256=" + sha256_hex(measured)});
        firmware(true);
    }
    // As efivars show it.
    void firmware(bool secure_boot) const {
        const auto variables = root / "sys/firmware/efi/efivars";
        good(make_directories(variables));
        for (const auto& [name, on] : {std::pair{"SecureBoot", secure_boot}, {"SetupMode", false}})
            good(write_whole(variables / (std::string(name) + "-8be4df61-93ca-11d2-aa0d-00e098032b8c"),
                             std::string(4, '\x06') + (on ? '\1' : '\0')));
    }
    Reseal how(bool with) const { return {.public_key = key, .secure_boot = true, .pin = with, .why = {}}; }
    // By systemd's plug-in, which gives the key to libcryptsetup; nothing is mapped.
    Result<> attach(const std::string& typed) const {
        crypt_device* opened = nullptr;
        BOOST_REQUIRE(crypt_init(&opened, disk.c_str()) == 0);
        const Handle<crypt_device, crypt_free> device(opened);
        BOOST_REQUIRE(crypt_load(device.get(), CRYPT_LUKS2, nullptr) == 0);
        const std::string tcti = tpm.tcti();
        PluginParameters parameters{.device = tcti.c_str(), .signature = signature.c_str()};
        const int done =
            crypt_activate_by_token_pin(device.get(), nullptr, "systemd-tpm2", CRYPT_ANY_TOKEN,
                                        typed.empty() ? nullptr : typed.data(), typed.size(), &parameters, 0);
        return done >= 0 ? Result<>() : fail(Code::Denied, std::strerror(-done));
    }
};

}  // namespace

// Whoever clears the TPM changes nothing of what the disk is sealed to.
BOOST_FIXTURE_TEST_CASE(after_the_tpm_was_cleared_it_is_sealed_to_the_new_one, Started) {
    const auto recover = [&] {
        good(remove_tree(root / "run/holdfast-storage"));
        good(make_directories(root / "run/holdfast-storage"));
        good(write_whole(root / recovered_in_root, ""));
        auto decision = good(decide(good(look(places()))));
        BOOST_REQUIRE(decision.reseal.has_value());
        BOOST_TEST(decision.reseal->why == "the TPM did not open it at this start");
        return *std::move(decision.reseal);
    };
    good(seal(places(), how(false)));
    BOOST_TEST(attach("").has_value());
    tpm.tool({"tpm2_clear", "-c", "lockout"});
    BOOST_TEST(!attach("").has_value());
    good(seal(places(), recover()));
    BOOST_TEST(attach("").has_value());
    BOOST_TEST(good(read_header(disk)).seals.size() == 1U);
    BOOST_TEST(!good(decide(good(look(places())))).reseal.has_value());

    // Cut in between, it is done at the next start.
    tpm.tool({"tpm2_clear", "-c", "lockout"});
    const auto died = in_child([&] {
        arm_crash_point("storage.wiped");
        return seal(places(), recover()) ? 0 : 1;
    });
    BOOST_TEST(died == crashed);
    BOOST_TEST(slots().contains("password"));
    const auto decision = good(decide(good(look(places()))));
    BOOST_REQUIRE(decision.reseal.has_value());
    BOOST_TEST(decision.reseal->why == "no TPM holds its key");
    good(seal(places(), *decision.reseal));
    BOOST_TEST(attach("").has_value());

    good(set_pin(places(), how(true), "246810"));
    tpm.tool({"tpm2_clear", "-c", "lockout"});
    BOOST_TEST(!attach("246810").has_value());
    good(seal(places(), recover()));
    BOOST_TEST(attach("246810").has_value());
}

BOOST_FIXTURE_TEST_CASE(a_pin_is_part_of_the_policy_and_stays_when_it_is_sealed_anew, Started) {
    good(set_pin(places(), how(true), "246810"));
    BOOST_TEST(good(read_whole(pin)) == "246810\n");
    BOOST_TEST((fs::status(pin).permissions() == fs::perms(0600)));
    BOOST_TEST(!fs::exists(begun));
    auto header = good(read_header(disk));
    BOOST_REQUIRE(header.seals.size() == 1U);
    BOOST_TEST(header.seals.front().pin);
    BOOST_TEST((header.seals.front().policy == good(tpm::sealing_policy(key, {{7, pcr_7()}}, tpm::Pin::Yes))));
    BOOST_TEST((header.seals.front().policy != good(tpm::sealing_policy(key, {{7, pcr_7()}}))));
    BOOST_TEST(!good(decide(good(look(places())))).reseal.has_value());
    BOOST_TEST(attach("246810").has_value());
    BOOST_TEST(!attach("135791").has_value());
    BOOST_TEST(!attach("").has_value());

    // The firmware learns of another key.
    tpm.tool({"tpm2_pcrextend", "7:sha256=" + std::string(64, 'b')});
    BOOST_TEST(!attach("246810").has_value());
    const auto decision = good(decide(good(look(places()))));
    BOOST_REQUIRE(decision.reseal.has_value());
    good(seal(places(), *decision.reseal));
    BOOST_TEST(!attach("").has_value());
    BOOST_TEST(attach("246810").has_value());
    BOOST_TEST(good(read_header(disk)).seals.size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(another_pin_takes_the_place_of_the_one_before_or_none_does, Started) {
    good(set_pin(places(), how(true), "246810"));
    good(set_pin(places(), how(true), "correct horse"));
    BOOST_TEST(!attach("246810").has_value());
    BOOST_TEST(attach("correct horse").has_value());
    BOOST_TEST(!set_pin(places(), how(true), "short").has_value());
    good(seal(places(), how(false)));
    BOOST_TEST(attach("").has_value());
    BOOST_TEST(!fs::exists(pin));
    BOOST_TEST(!good(decide(good(look(places())))).reseal.has_value());
}

BOOST_FIXTURE_TEST_CASE(a_cut_while_a_pin_is_set_leaves_one_that_opens_and_is_ended_later, Started) {
    good(set_pin(places(), how(true), "246810"));
    for (const auto& [point, opens] : {std::pair{"storage.pin-begun", "246810"}, {"storage.enrolled", "135791"}}) {
        BOOST_TEST_CONTEXT(point) {
            const auto died = in_child([&] {
                arm_crash_point(point);
                return set_pin(places(), how(true), "135791") ? 0 : 1;
            });
            BOOST_TEST(died == crashed);
            BOOST_TEST(attach(opens).has_value());
            const auto decision = good(decide(good(look(places()))));
            BOOST_REQUIRE(decision.reseal.has_value());
            good(seal(places(), *decision.reseal));
            BOOST_TEST(attach("135791").has_value());
            BOOST_TEST(!fs::exists(begun));
            BOOST_TEST(!good(decide(good(look(places())))).reseal.has_value());
            good(set_pin(places(), how(true), "246810"));
        }
    }
}

BOOST_FIXTURE_TEST_CASE(a_pin_that_cannot_be_set_is_not_set_later, Started) {
    good(set_pin(places(), how(true), "246810"));
    good(write_whole(root / "var" / recovery_key_in_var, "another", 0600));
    BOOST_TEST(!set_pin(places(), how(true), "135791").has_value());
    BOOST_TEST(!fs::exists(begun));
    BOOST_TEST(good(load_pin(pin)) == "246810");
    good(remove_tree(pin));
    const auto sealed = seal(places(), how(true));
    BOOST_REQUIRE(!sealed);
    BOOST_TEST(sealed.error().what.contains(pin.string() + " is not there"));
    BOOST_TEST(good(read_header(disk)).seals.front().pin);
}

namespace {

// A person who knows some words, one after the other.
struct Person {
    std::vector<std::string> words;
    std::vector<std::string> asked;

    Opening with(const Started& box) {
        return {.ask = [this](const std::string& prompt) -> Result<std::string> {
                    asked.push_back(prompt);
                    if (asked.size() > words.size()) return fail(Code::Offline, "nobody is there");
                    return words.at(asked.size() - 1);
                },
                .attach = [&box](const std::string& typed) { return box.attach(typed); }};
    }
};

std::string why(const Started& box) {
    return good(why_locked(good(look(box.places()))));
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_disk_without_a_pin_opens_and_asks_nobody, Started) {
    good(seal(places(), how(false)));
    Person person;
    good(unlock(places(), person.with(*this)));
    BOOST_TEST(person.asked.empty());
}

BOOST_FIXTURE_TEST_CASE(the_right_pin_opens_and_a_slip_of_the_hand_costs_no_try, Started) {
    good(set_pin(places(), how(true), "246810"));
    Person person{.words = {"", "2468", "135791", "246810"}, .asked = {}};
    good(unlock(places(), person.with(*this)));
    BOOST_REQUIRE(person.asked.size() == 4U);
    BOOST_TEST(person.asked[0] == "PIN of this box's disk:");
    BOOST_TEST(person.asked[2].starts_with("a PIN has 6 to 64"));
    BOOST_TEST(person.asked[3].starts_with("Wrong PIN, 2 tries left."));
    BOOST_TEST(good(tpm.open().about()).failed_tries == 1U);
}

BOOST_FIXTURE_TEST_CASE(three_wrong_pins_or_a_locked_tpm_end_it_and_the_reason_is_told, Started) {
    good(set_pin(places(), how(true), "246810"));
    tpm.tool({"tpm2_dictionarylockout", "--setup-parameters", "--max-tries=4", "--recovery-time=1000",
              "--lockout-recovery-time=1000"});
    Person wrong{.words = {"111111", "222222", "333333", "246810"}, .asked = {}};
    BOOST_TEST((unlock(places(), wrong.with(*this)).error().code == Code::Denied));
    BOOST_TEST(wrong.asked.size() == 3U);
    BOOST_TEST(why(*this) == "three wrong PINs were typed");
    Person again{.words = {"111111", "246810"}, .asked = {}};
    BOOST_TEST(!unlock(places(), again.with(*this)).has_value());
    BOOST_TEST(again.asked.size() == 1U);
    BOOST_TEST(why(*this).starts_with("its TPM takes no PIN for a while"));
}

BOOST_FIXTURE_TEST_CASE(a_box_that_was_tampered_with_does_not_ask, Started) {
    good(set_pin(places(), how(true), "246810"));
    Person person{.words = {"246810"}, .asked = {}};
    firmware(false);
    BOOST_TEST(unlock(places(), person.with(*this)).error().what == "it is sealed to Secure Boot, which is off");
    firmware(true);
    tpm.tool({"tpm2_pcrextend", "7:sha256=" + std::string(64, 'b')});
    BOOST_TEST(unlock(places(), person.with(*this)).error().what.starts_with("what the firmware trusts"));
    good(remove_tree(signature));
    BOOST_TEST(unlock(places(), person.with(*this)).error().what.starts_with("what was started is not signed"));
    auto places = this->places();
    places.tcti = "swtpm:path=/nowhere";
    BOOST_TEST(unlock(places, person.with(*this)).error().what.starts_with("no TPM 2.0 answers"));
    BOOST_TEST(person.asked.empty());
}

// What cannot be seen before: the TPM would not take any PIN, so no other one is asked for.
BOOST_FIXTURE_TEST_CASE(a_failure_that_is_not_the_pin_s_is_not_taken_for_one, Started) {
    good(set_pin(places(), how(true), "246810"));
    tpm.tool({"tpm2_pcrextend", "11:sha256=" + std::string(64, 'c')});
    Person person{.words = {"246810", "246810"}, .asked = {}};
    BOOST_TEST(!unlock(places(), person.with(*this)).has_value());
    BOOST_TEST(person.asked.size() == 1U);
    BOOST_TEST(why(*this).starts_with("what was started is not what it says"));
}
