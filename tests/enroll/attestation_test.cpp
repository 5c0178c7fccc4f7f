#include "enroll/attestation.hpp"

#include "world.hpp"

using namespace holdfast;
using namespace holdfast::enroll;

namespace {

struct Admitted : World {
    Admitted() { good(import(admit(request()), hub().fingerprint())); }
    SelfCheck look(std::vector<Reference> own) {
        auto tpm = box.tpm.open();
        return good(look_at_itself(tpm, node, box.wish, std::move(own)));
    }
    SelfCheck look() { return look(expectations().references); }
    // One more program that the firmware started, in the log and in the TPM.
    void start_something_else() {
        box.wish.firmware_log += Measured::event(4, 0x80000003, "something else");
        box.tpm.tool({"tpm2_pcrextend", "4:sha256=" + sha256_hex("something else")});
    }
};

const Check& named(const Decision& decision, const std::string& name) {
    const auto found = std::ranges::find(decision.checks, name, &Check::name);
    BOOST_REQUIRE(found != decision.checks.end());
    return *found;
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_box_that_runs_its_release_finds_itself_trusted, Admitted) {
    const auto check = look();
    BOOST_TEST((check.decision.answer() == Answer::Yes), summary(check.decision));
    BOOST_TEST(summary(check.decision) == "it runs version 1.0.0");
    const auto said = good(hub().judge_evidence(check.evidence, now + 60));
    BOOST_TEST((said.decision.answer() == Answer::Yes), summary(said.decision));
    BOOST_TEST(said.name == "ventilator-7");
    BOOST_TEST(said.answer.empty());
    auto authority = hub();
    BOOST_TEST(good(authority.store().history(said.endorsement)).back().outcome == "attested");
}

BOOST_FIXTURE_TEST_CASE(what_its_releases_do_not_know_makes_it_untrusted, Admitted) {
    start_something_else();
    const auto check = look();
    BOOST_TEST((check.decision.answer() == Answer::No));
    BOOST_TEST(summary(check.decision).contains("it started one more program"));
    const auto said = good(hub().judge_evidence(check.evidence, now + 60));
    BOOST_TEST((said.decision.answer() == Answer::No));
    auto authority = hub();
    BOOST_TEST(good(authority.store().history(said.endorsement)).back().outcome == "untrusted");
    // Nor is it trusted with no release of its own at all.
    BOOST_TEST((look({}).decision.answer() == Answer::No));
}

BOOST_FIXTURE_TEST_CASE(another_firmware_is_a_question_and_no_closed_door, Admitted) {
    // What the firmware of before had in PCR 0 stands in what the box was admitted with.
    box.wish.firmware_log += Measured::event(0, 8, "firmware 2.0");
    box.tpm.tool({"tpm2_pcrextend", "0:sha256=" + sha256_hex("firmware 2.0")});
    const auto check = look();
    BOOST_TEST((check.decision.answer() == Answer::Ask));
    BOOST_TEST((named(check.decision, "firmware").answer == Answer::Ask));
}

BOOST_FIXTURE_TEST_CASE(kept_evidence_proves_nothing_later, Admitted) {
    const auto first = look(), second = look();
    BOOST_TEST((good(hub().judge_evidence(second.evidence, now)).decision.answer() == Answer::Yes));
    const auto late = good(hub().judge_evidence(first.evidence, now));
    BOOST_TEST(late.outcome == "late");
    BOOST_TEST((named(late.decision, "freshness").answer == Answer::No));
    // The last one again gets the same decision again.
    const auto again = good(hub().judge_evidence(second.evidence, now));
    BOOST_TEST(again.repeated);
    BOOST_TEST(again.outcome == "attested");
    BOOST_TEST((again.decision.answer() == Answer::Yes));
}

BOOST_FIXTURE_TEST_CASE(a_release_that_was_revoked_since_is_not_trusted_by_the_authority, Admitted) {
    const auto check = look();
    auto authority = hub();
    good(authority.store().revoke_release(std::string(64, 'c')));
    const auto said = good(authority.judge_evidence(check.evidence, now));
    BOOST_TEST((said.decision.answer() == Answer::No));
    BOOST_TEST(named(said.decision, "release").reason.contains("was revoked"));
}

BOOST_FIXTURE_TEST_CASE(others_and_other_messages_are_refused, Admitted) {
    const MeasuredBox other;
    auto request = other.ask();
    request.kind = Kind::Evidence;
    BOOST_TEST((hub().judge_evidence(write_request(request), now).error().code == Code::NotFound));
    // With the right endorsement key, which is no secret, and another attestation key.
    request.ek_public = good(parse_evidence(look().evidence)).ek_public;
    BOOST_TEST((hub().judge_evidence(write_request(request), now).error().code == Code::Denied));
    BOOST_TEST((hub().judge_evidence(this->request(), now).error().code == Code::Corrupt));
    BOOST_TEST((hub().admit(look().evidence, {.name = "Ada"}, now).error().code == Code::Corrupt));
    BOOST_TEST((hub().judge_evidence("nonsense", now).error().code == Code::Corrupt));
}

BOOST_FIXTURE_TEST_CASE(a_box_that_was_never_admitted_has_nothing_to_say, World) {
    auto tpm = box.tpm.open();
    BOOST_TEST((look_at_itself(tpm, node, box.wish, {}).error().code == Code::NotFound));
}

BOOST_FIXTURE_TEST_CASE(evidence_waits_in_the_order_of_the_tpm_and_the_oldest_goes, Admitted) {
    const EvidenceSpool spool(scratch.path() / "box");
    BOOST_TEST(spool.waiting().empty());
    const auto first = good(spool.add(look().evidence)), second = good(spool.add(look().evidence));
    BOOST_TEST((spool.waiting() == std::vector{first, second}));
    for (std::size_t i = 0; i < EvidenceSpool::kept; ++i)
        good(write_whole(second.parent_path() / ("9" + std::to_string(1000 + i) + ".evidence"), "later"));
    const auto third = good(spool.add(look().evidence));
    BOOST_TEST(spool.waiting().size() == EvidenceSpool::kept);
    BOOST_TEST(!std::filesystem::exists(first));
    BOOST_TEST((spool.add("nonsense").error().code == Code::Corrupt));
    static_cast<void>(third);
}
