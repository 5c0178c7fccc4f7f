// Quarantine and release, from the authority's word to what a box refuses; with OpenSSL's tools as judges.
#include "base/in_child.hpp"
#include "base/process.hpp"
#include "enroll/trust.hpp"
#include "identity/svid.hpp"
#include "world.hpp"

using namespace holdfast;
using namespace holdfast::enroll;

namespace {

using identity::Withdrawal;

struct Admitted : World {
    Admitted() { box_is = good(import(admit(request()), hub().fingerprint())); }
    std::string list(std::int64_t at = now) const { return good(hub().list(at)); }
    void quarantine() const { good(hub().quarantine("north", "ventilator-7", "its case was open", "Ada", now)); }
    void release() const { good(hub().release("north", "ventilator-7", "Ada", now + 60)); }
    Heeded heed(const std::string& bytes) const { return good(node.heed(bytes, now)); }
    std::string last_outcome() const {
        return good(hub().store().history(sha256_hex(box.ask().ek_public))).back().outcome;
    }
    Result<> serves() const { return node.may_serve_newcomers("certificate to a workload"); }
    std::string file(const std::string& name, const std::string& text) const {
        good(write_whole(scratch.path() / name, text));
        return (scratch.path() / name).string();
    }
    // By somebody else's tools: 0 and what they say.
    std::string openssl_verify(const std::string& crl, const std::string& certificate) const {
        const auto said = good(run({"openssl", "verify", "-crl_check", "-attime", std::to_string(now + 60), "-CAfile",
                                    (scratch.path() / "hub/root.pem").string(), "-untrusted",
                                    (scratch.path() / "hub/authority.pem").string(), "-CRLfile", file("crl", crl),
                                    file("certificate", identity::pem_of(certificate))}));
        return std::to_string(said.exit) + " " + said.output + said.errors;
    }
    Identity box_is;
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_box_in_quarantine_serves_no_newcomers_until_it_is_freed, Admitted) {
    BOOST_TEST(!heed(list()).box.has_value());
    BOOST_TEST(serves().has_value());
    quarantine();
    const auto heeded = heed(list());
    BOOST_TEST(heeded.news);
    BOOST_TEST((heeded.box->how == Withdrawal::Quarantined));
    BOOST_TEST((serves().error().code == Code::Denied));
    BOOST_TEST(serves().error().what.contains("quarantined by its authority"));
    BOOST_TEST(serves().error().what.contains("once it is free: holdfast identity report, or heed"));
    BOOST_TEST((good(node.withdrawn())->since == now));
    // It gets no new certificate, and goes on to say what it runs.
    const auto refused = good(hub().admit(request(), {.name = "Ada"}, now));
    BOOST_TEST(refused.answer == "");
    BOOST_TEST(refused.decision.checks.back().reason.contains(
        ": its case was open; it is in quarantine until: holdfast hub free north ventilator-7 --by YOUR-NAME"));
    release();
    BOOST_TEST(!heed(list()).box.has_value());
    BOOST_TEST(serves().has_value());
    BOOST_TEST(last_outcome() == "freed");
    BOOST_TEST(!admit(request()).empty());
    const auto told = good(read_whole(kept("heeded")));
    BOOST_TEST(told.contains(" good\n"));
    BOOST_TEST(told.contains(" quarantined\n"));
}

BOOST_FIXTURE_TEST_CASE(openssl_agrees_with_each_list, Admitted) {
    const auto certificate = box_is.grant.chain.front();
    BOOST_TEST(openssl_verify(list(), certificate).starts_with("0 "));
    quarantine();
    const auto checked =
        good(run({"openssl", "crl", "-in", file("crl", list()), "-verify", "-CAfile",
                  (scratch.path() / "hub/authority.pem").string(), "-noout", "-text", "-fingerprint"}));
    BOOST_TEST(checked.errors.contains("verify OK"), checked.errors);
    BOOST_TEST(checked.output.contains("Certificate Hold"));
    BOOST_TEST(openssl_verify(list(), certificate).contains("certificate revoked"));
    release();
    BOOST_TEST(openssl_verify(list(), certificate).starts_with("0 "));
    good(hub().revoke("north", "ventilator-7", "it was stolen", "Ada", now + 120));
    BOOST_TEST(openssl_verify(list(), certificate).contains("certificate revoked"));
    BOOST_TEST((heed(list()).box->how == Withdrawal::Revoked));
    BOOST_TEST((serves().error().code == Code::Denied));
    BOOST_TEST(!serves().error().what.contains("once it is free"));
    BOOST_TEST(serves().error().what.contains("that is for good"));
}

BOOST_FIXTURE_TEST_CASE(an_older_list_does_not_end_a_quarantine, Admitted) {
    const auto before = list();
    heed(before);
    quarantine();
    const auto after = list();
    const auto numbers = std::pair(good(identity::parse_crl(before)).number, good(identity::parse_crl(after)).number);
    BOOST_TEST(numbers.first < numbers.second);
    heed(after);
    const auto refused = node.heed(before, now);
    BOOST_TEST((refused.error().code == Code::Denied));
    BOOST_TEST(refused.error().what.starts_with("list " + std::to_string(numbers.first) + " is older than list " +
                                                std::to_string(numbers.second)));
    BOOST_TEST((serves().error().code == Code::Denied));
    // The same again is no news.
    BOOST_TEST(!heed(after).news);
}

BOOST_FIXTURE_TEST_CASE(nobody_else_s_list_is_heeded, Admitted) {
    quarantine();
    heed(list());
    const auto other_folder = scratch.path() / "other";
    auto other = make_hub(other_folder, now);
    for (const std::string& foreign : {good(other.list(now + 60)), std::string("nonsense")})
        BOOST_TEST(!node.heed(foreign, now).has_value());
    // Nor one that an authority on a box has signed, which its roots vouch for, too.
    box.wish.issuing = true;
    good(hub().release("north", "ventilator-7", "Ada", now));
    box_is = good(import(admit(request()), hub().fingerprint()));
    quarantine();
    heed(list());
    const auto stand_in = good(identity::make_key());
    const auto forged =
        good(identity::make_crl({box_is.grant.issuing, stand_in.get()}, 1ULL << 40U, {}, {now, now + 86'400}));
    BOOST_TEST((node.heed(forged, now).error().code == Code::Denied));
    const Node stranger(scratch.path() / "stranger");
    BOOST_TEST((stranger.heed(list(), now).error().code == Code::NotFound));
}

BOOST_FIXTURE_TEST_CASE(peers_believe_no_workload_of_a_box_in_quarantine, Admitted) {
    box.wish.issuing = true;
    box_is = good(import(admit(request()), hub().fingerprint()));
    const auto keys = good(node.keys());
    auto tpm = box.tpm.open();
    const identity::Issuer own{.certificate = box_is.grant.issuing,
                               .signer = [&](const Digest& digest) { return tpm.sign(*keys.issuing, digest); }};
    const auto workload = good(identity::make_key());
    const std::vector<std::string> above{box_is.grant.chain.begin() + 1, box_is.grant.chain.end()};
    const auto svid = good(identity::give(own, above, workload.get(), "alarms", now, 3600));
    const auto believed = [&] {
        return identity::believe(svid.chain, box_is.grant.roots, {}, now + 60, good(identity::parse_crl(list())));
    };
    BOOST_TEST(believed().has_value());
    quarantine();
    BOOST_TEST(believed().error().what.contains("quarantine"));
    release();
    BOOST_TEST(believed().has_value());
    // A certificate that the box had before is worth no more than the last one.
    quarantine();
    BOOST_TEST(good(identity::parse_crl(list())).entries.size() == 3U);
}

BOOST_FIXTURE_TEST_CASE(an_untrusted_box_and_one_in_quarantine_are_asked_in_one_place, Admitted) {
    const auto root = scratch.path() / "box";
    good(write_trust(root, {Standing::Untrusted, "its addon is of no release"}));
    BOOST_TEST(serves().error().what.contains("its addon is of no release"));
    good(write_trust(root, {Standing::Trusted, "it runs version 1"}));
    BOOST_TEST(serves().has_value());
    quarantine();
    heed(list());
    BOOST_TEST(serves().error().what.contains("quarantined"));
    good(write_whole(kept("crl"), "nonsense"));
    BOOST_TEST((serves().error().code == Code::Corrupt));
    // A whole one takes its place.
    BOOST_TEST(heed(list()).news);
}

BOOST_FIXTURE_TEST_CASE(a_list_is_made_anew_when_something_changes_or_half_its_time_is_over, Admitted) {
    constexpr std::int64_t day = 86'400;
    const auto first = list();
    BOOST_TEST(list(now + day) == first);
    BOOST_TEST(list(now + 16 * day) != first);
    BOOST_TEST(!good(hub().release("north", "ventilator-7", "Ada", now)));
    quarantine();
    BOOST_TEST(!good(hub().quarantine("north", "ventilator-7", "once more", "Ada", now)));
    BOOST_TEST(last_outcome() == "quarantined");
    const auto past = good(hub().store().history(sha256_hex(box.ask().ek_public)));
    BOOST_TEST(past.size() == 2U);
    BOOST_TEST(past.back().checks.contains("its case was open"));
    BOOST_TEST((hub().quarantine("north", "nobody", "", "Ada", now).error().code == Code::NotFound));
}

BOOST_FIXTURE_TEST_CASE(a_kill_at_any_point_leaves_what_the_same_command_goes_on_from, Admitted) {
    for (const char* point : {"hub.decided", "hub.recorded"})
        BOOST_TEST(dying_at(point, 1, [&] { quarantine(); }) == crashed);
    quarantine();
    BOOST_TEST(good(hub().store().history(sha256_hex(box.ask().ek_public))).size() == 2U);
    BOOST_TEST(dying_at("hub.listed", 1, [&] { static_cast<void>(list()); }) == crashed);
    const auto current = list();
    for (const char* point : {"node.noted", "node.heeded"}) {
        BOOST_TEST(dying_at(point, 1, [&] { static_cast<void>(heed(current)); }) == crashed);
    }
    BOOST_TEST((heed(current).box->how == Withdrawal::Quarantined));
    BOOST_TEST(std::ranges::count(good(read_whole(kept("heeded"))), '\n') == 1);
    BOOST_TEST((serves().error().code == Code::Denied));
}
