// A box that was revoked: what is kept of it can be read, and whatever it shows is refused by name.
#include "world.hpp"

using namespace holdfast;
using enroll::Answer, enroll::Check;

namespace {

constexpr auto site = "north", name = "ventilator-7";
constexpr std::string_view by_ada = "revoked on 2026-09-21 14:13 UTC by Ada: it was stolen";

struct Admitted : World {
    Admitted() {
        first = request();
        good(import(admit(first), hub().fingerprint()));
    }
    void revoke() const { good(hub().revoke(site, name, "it was stolen", "Ada", now)); }
    std::string evidence() {
        auto tpm = box.tpm.open();
        return enroll::write_request(good(node.evidence(tpm, box.wish)));
    }
    std::string key() const { return sha256_hex(box.ask().ek_public); }
    std::string first;
};

Check standing(const hub::Admission& said) {
    for (const auto& each : said.decision.checks)
        if (each.name == "standing") return each;
    return {};
}

bool refuses(const Error& error) {
    return error.code == Code::Denied && error.what.contains("box 'ventilator-7' at site 'north' was ") &&
           error.what.contains(by_ada) && error.what.contains("make a new request on the box");
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(its_trail_stays_and_what_would_act_on_it_says_who_revoked_it, Admitted) {
    revoke();
    auto authority = hub();
    const auto known = good(authority.box_known(site, name));
    BOOST_TEST(known.endorsement == key());
    BOOST_TEST(good(authority.standing_of(known)) == by_ada);
    const auto past = good(authority.store().history(known.endorsement));
    BOOST_TEST(past.front().outcome == "admitted");
    BOOST_TEST(past.back().outcome == "revoked");
    BOOST_TEST(refuses(authority.revoke(site, name, "again", "Eve", now).error()));
    BOOST_TEST(refuses(authority.quarantine(site, name, "", "Eve", now).error()));
    BOOST_TEST(refuses(authority.release(site, name, "Eve", now).error()));
    BOOST_TEST(refuses(authority.accept_firmware(site, name, "Eve", now).error()));
    BOOST_TEST(refuses(authority.allow_firmware(site, name, hub::Firmware{}).error()));
    BOOST_TEST((authority.box_known(site, "nobody").error().code == Code::NotFound));
}

BOOST_FIXTURE_TEST_CASE(who_had_a_name_before_is_found_by_its_key, Admitted) {
    revoke();
    const MeasuredBox other;
    BOOST_TEST(!good(hub().admit(enroll::write_request(other.ask()), {.name = "Ada"}, now)).answer.empty());
    const auto theirs = sha256_hex(other.ask().ek_public);
    BOOST_TEST(good(hub().box_known(site, name)).endorsement == theirs);
    BOOST_TEST(good(hub().box_known(site, name, key().substr(0, 8))).state == "revoked");
    BOOST_TEST((hub().box_known(site, name, "000000").error().code == Code::NotFound));
    // It comes back by another name, and is still found by the one that it had.
    BOOST_TEST(
        !good(hub().admit(request(), {.name = "Ada", .box = "ventilator-8", .brings_back = true}, now)).answer.empty());
    BOOST_TEST(good(hub().box_known(site, name, key())).name == "ventilator-8");
    good(hub().revoke(site, name, "it broke", "Ada", now));
    BOOST_TEST(good(hub().store().boxes_named(site, name)).size() == 2U);
    BOOST_TEST(hub().revoke(site, name, "", "Ada", now).error().what.contains("it broke"));
}

BOOST_FIXTURE_TEST_CASE(its_old_request_is_answered_no_more, Admitted) {
    BOOST_TEST(good(hub().admit(first, {}, now)).repeated);
    revoke();
    for (int i = 0; i < 2; ++i) {
        const auto refused = good(hub().admit(first, {.name = "Eve"}, now));
        BOOST_TEST(refused.answer == "");
        BOOST_TEST(!refused.repeated);
        BOOST_TEST((refused.decision.answer() == Answer::No));
        BOOST_TEST(
            standing(refused).reason.contains("on 2026-09-21 14:13 UTC by Ada: it was stolen; to take it back, "
                                              "make a new request"));
    }
    // Written down once; and for good: also once the box has come back by a new one.
    BOOST_TEST(good(hub().store().history(key())).size() == 3U);
    const auto second = request();
    BOOST_TEST((standing(good(hub().admit(second, {}, now))).answer == Answer::Ask));
    BOOST_TEST(good(hub().admit(second, {.name = "Ada"}, now)).answer.empty());
    BOOST_TEST(!good(hub().admit(second, {.name = "Ada", .brings_back = true}, now)).answer.empty());
    BOOST_TEST(good(hub().admit(second, {}, now)).repeated);
    BOOST_TEST((good(hub().admit(first, {.name = "Eve"}, now)).decision.answer() == Answer::No));
}

// Also one that was never admitted.
BOOST_FIXTURE_TEST_CASE(a_request_of_before_brings_nobody_back, Admitted) {
    good(hub().quarantine(site, name, "it was seen elsewhere", "Ada", now));
    const auto before = request();
    BOOST_TEST(good(hub().admit(before, {.name = "Ada"}, now)).answer.empty());
    revoke();
    const auto refused = good(hub().admit(before, {.name = "Ada", .brings_back = true}, now));
    BOOST_TEST(refused.answer == "");
    BOOST_TEST((standing(refused).answer == Answer::No));
    BOOST_TEST(standing(refused).reason.contains("this request is older than that; to take it back, make a new"));
    BOOST_TEST(!good(hub().admit(request(), {.name = "Ada", .brings_back = true}, now)).answer.empty());
}

BOOST_FIXTURE_TEST_CASE(its_evidence_is_untrusted_whether_old_or_new, Admitted) {
    const auto before = evidence(), judged = evidence();
    BOOST_TEST(good(hub().judge_evidence(judged, now)).outcome == "attested");
    revoke();
    for (const auto& each : {judged, before, evidence()}) {
        const auto said = good(hub().judge_evidence(each, now));
        BOOST_TEST(said.outcome == "untrusted");
        BOOST_TEST(said.decision.checks.front().name == "standing");
        BOOST_TEST(said.decision.checks.front().reason.contains(by_ada));
    }
    BOOST_TEST(good(hub().store().history(key())).back().outcome == "untrusted");
}

BOOST_FIXTURE_TEST_CASE(a_revoked_ticket_admits_nobody, World) {
    const auto ticket = good(hub().make_ticket(site, "*", now + 3600, 5, false, {"Ada", {}, now}));
    box.wish.ticket = ticket.code;
    good(hub().store().allow_endorsement(sha256(box.ask().ek_public), "delivered"));
    BOOST_TEST(good(hub().store().revoke_ticket(ticket, {"Ada", "the paper was lost", now})));
    BOOST_TEST(!good(hub().store().revoke_ticket(ticket, {"Eve", "", now + 1})));
    const auto refused = good(hub().admit(request(), {.name = "Ada"}, now));
    BOOST_TEST(refused.answer == "");
    BOOST_TEST(json::write(as_json(refused.decision)).contains("it was revoked"));
    const auto kept = good(hub().store().tickets()).front();
    BOOST_TEST(kept.who == "Ada");
    BOOST_TEST(kept.revoked == now);
    // For an older program it has expired.
    BOOST_TEST(kept.expires < now);
    auto rulings = good(hub().store().rulings());
    rulings.erase(rulings.begin(), rulings.end() - 3);
    BOOST_TEST(rulings[0].what == "ticket-made");
    BOOST_TEST((rulings[2].what == "ticket-revoked" && rulings[2].value == id_of(ticket)));
    BOOST_TEST((rulings[2].who == "Ada" && rulings[2].why == "the paper was lost"));
}

BOOST_FIXTURE_TEST_CASE(what_is_trusted_is_told_and_taken_back, World) {
    auto authority = hub();
    auto& store = authority.store();
    const auto key = sha256(box.ask().ek_public);
    BOOST_TEST(good(store.allow_endorsement(key, "delivered", {"Ada", {}, now})));
    BOOST_TEST(!good(store.allow_endorsement(key, "", {"Eve", {}, now})));
    const auto all = good(store.trusted());
    // The owner's three of Secure Boot, and that one.
    BOOST_TEST_REQUIRE(all.size() == 4U);
    BOOST_TEST((all.back().what == "delivered" && all.back().who == "Ada" && all.back().digest == hex(key)));
    good(store.distrust(all.back(), {"Bo", "it was returned", now}));
    BOOST_TEST(good(store.allowed_endorsements()).empty());
    const auto last = good(store.rulings()).back();
    BOOST_TEST((last.what == "distrusted" && last.value == "endorsement " + hex(key) && last.who == "Bo"));
    // Another manufacturer in one's place is another state, though there are as many.
    const auto root = good(identity::certificates_in(good(read_whole(scratch.path() / "hub/root.pem")))).front();
    BOOST_TEST(good(store.add_manufacturer(root, {"Ada", {}, now})));
    const auto with_root = good(store.manufacturers_state());
    good(store.distrust(good(store.trusted()).front(), {"Ada", {}, now}));
    BOOST_TEST(good(store.manufacturers()).empty());
    BOOST_TEST(good(store.add_manufacturer(
        good(identity::certificates_in(good(read_whole(scratch.path() / "hub/authority.pem")))).front())));
    BOOST_TEST(good(store.manufacturers_state()) != with_root);
}
