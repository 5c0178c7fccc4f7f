#include "base/file.hpp"
#include "base/json.hpp"
#include "storage/storage.hpp"
#include "tpm/policy.hpp"
#include "tpm/real_tpm.hpp"

#include <boost/test/unit_test.hpp>

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
