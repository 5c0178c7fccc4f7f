// A root on a computer of its own: requests go there on a stick, and certificates come back.
#include "base/in_child.hpp"
#include "base/process.hpp"
#include "places.hpp"
#include "world.hpp"

#include <ctime>

using namespace holdfast;
namespace fs = std::filesystem;

namespace {

struct Apart {
    Scratch scratch = Scratch::make("offline").value();
    fs::path online = scratch.path() / "online", safe = scratch.path() / "safe", stick = scratch.path() / "stick";

    Apart() { fs::create_directories(stick); }
    static Finished hub(const fs::path& folder, Arguments words) {
        const Arguments head{(build_folder() / "daemon/programs/holdfast-hub").string(), "--state", folder.string()};
        words.insert(words.begin(), head.begin(), head.end());
        return good(run(words));
    }
    Finished ask(const std::string& domain = "clinic.example") const {
        return hub(online, {"init", "--trust-domain", domain, "--root-request", (stick / "a.request").string()});
    }
    Finished sign() const { return hub(safe, {"sign-intermediate", (stick / "a.request").string()}); }
    Finished take(const std::string& verb = "init") const {
        return hub(online, {verb, "--intermediate", (stick / "a.pem").string()});
    }
    int verified(const fs::path& leaf) const {
        return good(run({"openssl", "verify", "-x509_strict", "-CAfile", (safe / "root.pem").string(), "-untrusted",
                         (online / "authority.pem").string(), leaf.string()}))
            .exit;
    }
    std::string fingerprint() const { return good(hub::Authority::open(online)).fingerprint(); }
};

struct Joined : Apart {
    Joined() {
        for (const auto& done : {ask(), sign(), take()}) BOOST_REQUIRE_MESSAGE(done.exit == 0, done.errors);
    }
};

void told(const Finished& done, int exit, const std::string& words) {
    BOOST_TEST(done.exit == exit);
    BOOST_TEST(done.errors.contains(words), done.errors);
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(two_steps_make_an_authority_and_the_key_stays_where_it_is, Joined) {
    BOOST_TEST(fs::exists(safe / "root.key"));
    BOOST_TEST(!fs::exists(online / "root.key"));
    BOOST_TEST(!fs::exists(safe / "authority.key"));
    for (const auto& each : fs::directory_iterator(stick)) {
        const auto text = good(read_whole(each.path()));
        BOOST_TEST(!text.contains("PRIVATE"));
    }
    BOOST_TEST(verified(online / "escrow.pem") == 0);
    const auto root = good(identity::certificates_in(good(read_whole(safe / "root.pem")))).front();
    BOOST_TEST(fingerprint() == good(identity::facts_of(root)).fingerprint);
}

BOOST_FIXTURE_TEST_CASE(the_same_request_may_be_asked_for_again, Apart) {
    BOOST_REQUIRE(ask().exit == 0);
    BOOST_REQUIRE(sign().exit == 0);
    BOOST_REQUIRE(ask().exit == 0);
    // What people lay beside, once it is begun, is in nobody's way.
    fs::copy_file(stick / "a.request", online / "for-the-root.request");
    BOOST_REQUIRE(ask().exit == 0);
    const auto done = take();
    BOOST_TEST(done.exit == 0, done.errors);
}

BOOST_FIXTURE_TEST_CASE(a_cut_before_the_last_file_leaves_no_authority_and_is_done_again, Apart) {
    BOOST_REQUIRE(ask().exit == 0);
    BOOST_REQUIRE(sign().exit == 0);
    const auto both = good(read_whole(stick / "a.pem"));
    const auto finish = [&] { good(hub::Authority::finish(online, both, std::time(nullptr))); };
    BOOST_TEST(dying_at("hub.rooted", 1, finish) == crashed);
    BOOST_TEST(!hub::Authority::open(online).has_value());
    finish();
    BOOST_TEST(verified(online / "escrow.pem") == 0);
}

BOOST_FIXTURE_TEST_CASE(it_is_renewed_the_same_way_by_the_same_root, Joined) {
    const auto before = good(read_whole(online / "authority.pem")), old = fingerprint();
    BOOST_REQUIRE(hub(online, {"renew", "--root-request", (stick / "a.request").string()}).exit == 0);
    BOOST_REQUIRE(sign().exit == 0);
    const auto done = take("renew");
    BOOST_TEST(done.exit == 0, done.errors);
    BOOST_TEST(good(read_whole(online / "authority.pem")) != before);
    BOOST_TEST(fingerprint() == old);
    BOOST_TEST(verified(online / "escrow.pem") == 0);
    // Another root, which has a right name.
    const auto renewed = good(read_whole(online / "authority.pem"));
    fs::remove_all(safe);
    BOOST_REQUIRE(sign().exit == 0);
    told(take("renew"), 77, "does not lead to an authority");
    BOOST_TEST(good(read_whole(online / "authority.pem")) == renewed);
    told(take(), 77, "holds an authority already");
}

BOOST_FIXTURE_TEST_CASE(what_does_not_fit_is_told_and_makes_no_authority, Apart) {
    told(ask("clinic,URI:spiffe://other"), 65, "is no trust domain");
    BOOST_REQUIRE(ask().exit == 0);
    BOOST_REQUIRE(sign().exit == 0);
    const auto right = good(read_whole(stick / "a.pem"));
    good(write_whole(stick / "a.pem", right.substr(0, right.size() - 100)));
    told(take(), 65, "not the two certificates");
    good(write_whole(stick / "a.pem", "nothing"));
    told(take(), 65, "no certificate");
    // Another authority's certificate.
    const auto elsewhere = scratch.path() / "elsewhere";
    BOOST_REQUIRE(
        hub(elsewhere, {"init", "--trust-domain", "clinic.example", "--root-request", (stick / "b.request").string()})
            .exit == 0);
    BOOST_REQUIRE(
        hub(safe, {"sign-intermediate", (stick / "b.request").string(), "--out", (stick / "a.pem").string(), "--force"})
            .exit == 0);
    told(take(), 77, "for another key");
    BOOST_TEST(!fs::exists(online / "authority.pem"));
    told(hub(scratch.path() / "new", {"init", "--intermediate", (stick / "a.pem").string()}), 66,
         "has asked for nothing");
    good(write_whole(stick / "a.pem", right));
    BOOST_TEST(take().exit == 0);
}

BOOST_FIXTURE_TEST_CASE(a_root_signs_for_its_own_trust_domain_alone, Apart) {
    BOOST_REQUIRE(ask().exit == 0);
    BOOST_REQUIRE(sign().exit == 0);
    const auto elsewhere = scratch.path() / "elsewhere";
    const auto request = (stick / "a.request").string();
    BOOST_REQUIRE(hub(elsewhere, {"init", "--trust-domain", "plant.example", "--root-request", request}).exit == 0);
    told(sign(), 77, "this root is of spiffe://clinic.example");
}
