// What a box believes: the right key, of the right content, that nobody has revoked; and what its firmware would start.
#include "boot/variable.hpp"
#include "box.hpp"
#include "content/bundle_file.hpp"

using namespace holdfast;
using namespace holdfast::test;
using update::State;
using update::When;

namespace {

struct World : Delivered {
    std::string refused(const std::string& source) const {
        const auto taken = box.updater().download(source, "");
        BOOST_TEST((!taken && taken.error().code == Code::Denied));
        BOOST_TEST((state() == State::Idle));
        BOOST_TEST(!fs::exists(box.root / "ostree/root.b"));
        return taken ? "taken" : taken.error().what;
    }
    fs::path carry(const fs::path& image, const std::string& name, const std::string& ref = test_ref,
                   std::vector<std::pair<fs::path, std::string>> others = {}) const {
        const fs::path bundle = scratch / name;
        good(publish::carry({image, ref, {}, "", std::move(others), 0, bundle}, keys));
        return bundle;
    }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_key_that_a_good_release_revoked_counts_in_both_slots, World) {
    const fs::path bundle = carry(image("1.0.1", 2000), "next.bundle");
    auto journal = good(update::read_journal(box.root));
    journal.revoked.push_back(keys.fingerprint());
    good(update::save_journal(box.root, journal));
    BOOST_TEST(refused(bundle.string()).contains("a later release revoked"));
}

BOOST_FIXTURE_TEST_CASE(what_a_good_release_revoked_is_remembered, World) {
    const RealKey other(scratch / "other");
    const auto fingerprint = [&] {
        const std::string listed = other.gpg({"--list-keys", "--with-colons"});
        const auto at = listed.find("fpr:::::::::") + 12;
        return listed.substr(at, listed.find(':', at) - at);
    }();
    // GnuPG makes the revocation with the key, and keeps it from being used by mistake with one colon.
    std::string revocation = good(read_whole(other.home() / "openpgp-revocs.d" / (fingerprint + ".rev")));
    revocation.erase(revocation.find(":-----BEGIN"), 1);
    put(scratch / "revocation", revocation);
    other.gpg({"--import", (scratch / "revocation").string()});
    put(other.keyring(), other.gpg({"--export"}));
    BOOST_TEST(good(box.updater().download(carry(image("1.0.1", 2000), "next.bundle").string(), "")));
    BOOST_TEST(good(box.updater().apply(When::Now)));
    box.start();
    // The release that runs brought another keyring.
    put(box.root / "usr/share/holdfast/release.gpg",
        good(read_whole(keys.keyring())) + good(read_whole(other.keyring())));
    BOOST_TEST(box.updater().journal().revoked.empty());
    good(box.updater().settle());
    BOOST_TEST(!good(box.updater().confirm()));
    BOOST_TEST(box.updater().journal().revoked.empty());
    box.bless();
    BOOST_TEST(good(box.updater().confirm()));
    BOOST_TEST((box.updater().journal().revoked == std::vector{fingerprint}));
}

BOOST_FIXTURE_TEST_CASE(a_server_that_names_another_s_commit_is_refused, World) {
    const std::string other = "holdfast/x/hospital/podman";
    const fs::path image = this->image("2.0.0", 2000, other);
    const std::string commit = good(content::resolve(image, other));
    const fs::path bundle = carry(image, "other.bundle", other);
    fs::create_directories((repository / content::bundle_path(commit, "")).parent_path());
    fs::rename(bundle, repository / content::bundle_path(commit, ""));
    put(repository / "refs/heads" / test_ref, commit + "\n");
    const auto taken = box.updater().download(repository.string(), "");
    BOOST_REQUIRE(!taken);
    BOOST_TEST(taken.error().what.contains("nothing of '" + std::string(test_ref)));
    BOOST_TEST((state() == State::Idle));
}

BOOST_FIXTURE_TEST_CASE(a_server_that_names_one_commit_and_brings_another_is_refused, World) {
    const std::string second = publish(image("1.0.1", 2000));
    const std::string claimed(64, 'e');
    fs::create_directories((repository / content::bundle_path(claimed, "")).parent_path());
    fs::copy_file(repository / content::bundle_path(second, ""), repository / content::bundle_path(claimed, ""));
    put(repository / "refs/heads" / test_ref, claimed + "\n");
    BOOST_TEST(refused(repository.string()).contains("brings another commit than " + claimed));
}

BOOST_FIXTURE_TEST_CASE(a_signature_that_was_taken_away_is_missed, World) {
    const fs::path bundle = carry(image("1.0.1", 2000), "next.bundle");
    std::string bytes = good(read_whole(bundle, 64 * mebibyte));
    const auto sizes = good(content::parse_prefix(bytes.substr(0, content::bundle_prefix)));
    for (std::size_t i = 0; i < sizes.signature; ++i) bytes[content::bundle_prefix + sizes.header + i] = '\0';
    put(bundle, bytes);
    refused(bundle.string());
}

BOOST_FIXTURE_TEST_CASE(other_content_of_a_bundle_comes_along_and_never_older, World) {
    const std::string apps = "apps/north";
    const fs::path system = image("1.0.1", 2000), newer = image("7.0.0", 5000, apps),
                   older = image("6.0.0", 4000, apps);
    const fs::path both = carry(system, "both.bundle", test_ref, {{newer, apps}});
    BOOST_TEST(good(box.updater().download(both.string(), "")));
    BOOST_TEST(good(content::resolve(box.root / "ostree/repo", "holdfast-content/" + apps)) ==
               good(content::resolve(newer, apps)));
    const fs::path replayed = carry(image("1.0.2", 3000), "replayed.bundle", test_ref, {{older, apps}});
    const auto taken = box.updater().download(replayed.string(), "");
    BOOST_REQUIRE(!taken);
    BOOST_TEST((taken.error().code == Code::Denied));
    BOOST_TEST(taken.error().what.contains("an older 'apps/north'"));
    BOOST_TEST(good(content::resolve(box.root / "ostree/repo", "holdfast-content/" + apps)) ==
               good(content::resolve(newer, apps)));
    box.fsck();
}

// Its UKIs are real programs, so that a firmware has something to say of them.
struct Programs : World {
    Programs() { program = good(read_whole("/usr/lib/systemd/boot/efi/systemd-bootx64.efi")); }
    void secure_boot() const {
        for (const auto& [name, value] : {std::pair{"SecureBoot", '\1'}, {"SetupMode", '\0'}})
            good(boot::write_variable(box.root, name, boot::vendor::firmware, std::string(1, value)));
    }
    void revoke(const fs::path& uki) const {
        need({"hash-to-efi-sig-list", uki.string(), (scratch / "esl").string()});
        good(boot::write_variable(box.root, "dbx", boot::vendor::security, good(read_whole(scratch / "esl"))));
    }
    void expect_nothing_written() const {
        BOOST_TEST((state() == State::Staged));
        BOOST_TEST(!fs::exists(box.root / "ostree/root.b"));
        BOOST_TEST(good(boot::entries(box.root)).size() == 1U);
    }
};

BOOST_FIXTURE_TEST_CASE(what_the_firmware_has_revoked_is_not_written, Programs) {
    BOOST_TEST(good(box.updater().download(carry(image("1.0.1", 2000), "next.bundle").string(), "")));
    secure_boot();
    revoke(scratch / "tree-1.0.1/usr/lib/holdfast/boot/holdfast.efi");
    const auto refused = box.updater().apply(When::Now);
    BOOST_TEST((refused.error().code == Code::Denied));
    BOOST_TEST(refusal(refused).contains("its holdfast.efi would not be started by this firmware"));
    BOOST_TEST(refusal(refused).contains("revoked its hash"));
    expect_nothing_written();
}

BOOST_FIXTURE_TEST_CASE(what_is_no_program_is_not_written_where_the_firmware_asks, Programs) {
    program = "MZ uki ";
    BOOST_TEST(good(box.updater().download(carry(image("1.0.1", 2000), "next.bundle").string(), "")));
    secure_boot();
    const auto refused = box.updater().apply(When::Now);
    BOOST_TEST((refused.error().code == Code::Denied));
    BOOST_TEST(refusal(refused).contains("would not be started by this firmware"));
    expect_nothing_written();
}
