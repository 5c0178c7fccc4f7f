#include "hub/authority.hpp"

#include "base/in_child.hpp"
#include "small_hub.hpp"

#include <boost/test/unit_test.hpp>
#include <cctype>
#include <functional>

using namespace holdfast;
using namespace holdfast::hub;

namespace {

constexpr std::int64_t now = 1'790'000'000, day = 86'400;

std::string objections(const Admission& admission) {
    std::string all;
    for (const auto& check : admission.decision.checks)
        if (check.answer != enroll::Answer::Yes)
            all += std::string(enroll::text(check.answer)) + " " + check.name + ": " + check.reason + "\n";
    return all;
}

struct Site {
    Scratch scratch = Scratch::make("hub").value();
    std::filesystem::path folder = scratch.path() / "hub";

    Site() { make_hub(folder, now); }
    Authority open() const { return good(Authority::open(folder)); }
    void know(const MeasuredBox& box) const {
        good(open().store().allow_endorsement(sha256(box.ask().ek_public), "delivered"));
    }
    Admission admit(const std::string& request, const Person& person = {}, std::int64_t at = now) const {
        return good(open().admit(request, person, at));
    }
};

std::string asked(const MeasuredBox& box) {
    return enroll::write_request(box.ask());
}

bool dies_at(const char* point, const std::function<void()>& work) {
    return dying_at(point, 1, work) == crashed;
}

Result<enroll::Identity> taken(const MeasuredBox& box, const std::string& request, const std::string& answer) {
    auto tpm = box.tpm.open();
    return enroll::take(tpm, box.keys, request, answer);
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(with_a_ticket_nobody_is_asked, Site) {
    MeasuredBox box;
    know(box);
    box.wish.ticket = good(open().make_ticket("north", "ventilator-*", now + day, 1)).code;
    const std::string request = asked(box);
    const auto admission = admit(request);
    BOOST_TEST(objections(admission) == "");
    const auto identity = good(taken(box, request, admission.answer));
    BOOST_TEST(identity.id.uri() == "spiffe://clinic.example/site/north/box/ventilator-7");
    BOOST_TEST(identity.authority == open().fingerprint());
    // The same question again is answered the same.
    const auto again = admit(request, {}, now + 30 * day);
    BOOST_TEST(again.repeated);
    BOOST_TEST((again.answer == admission.answer));
    // The ticket is used up; the box itself needs none any more.
    BOOST_TEST(objections(admit(asked(box))) == "");
    MeasuredBox other;
    know(other);
    other.wish.ticket = box.wish.ticket;
    other.wish.name = "ventilator-8";
    BOOST_TEST(objections(admit(asked(other))).contains("no ticket: it was used as often as it may be"));
    BOOST_TEST(good(open().store().boxes()).size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(tickets_are_for_a_site_names_and_a_time, Site) {
    MeasuredBox box;
    know(box);
    box.wish.ticket = good(open().make_ticket("north", "pump-*", now + day, 5)).code;
    BOOST_TEST(objections(admit(asked(box))).contains("another site or name"));
    box.wish.name = "pump-1";
    BOOST_TEST(objections(admit(asked(box), {}, now + 2 * day)).contains("it has expired"));
    box.wish.site = "south";
    BOOST_TEST(objections(admit(asked(box))).contains("another site or name"));
    box.wish.ticket = "0000-0000-0000-0000";
    BOOST_TEST(objections(admit(asked(box))).contains("this authority did not make it"));
    BOOST_TEST(good(open().store().boxes()).empty());
}

BOOST_FIXTURE_TEST_CASE(without_one_a_person_decides_and_is_remembered, Site) {
    const MeasuredBox box;
    const std::string request = asked(box);
    const auto first = admit(request);
    BOOST_TEST(first.answer == "");
    BOOST_TEST((first.decision.answer() == enroll::Answer::Ask));
    BOOST_TEST(objections(first).contains("ask endorsement key"));
    const auto second = admit(request, {.name = "Ada", .box = "ventilator-9"});
    BOOST_TEST(good(taken(box, request, second.answer)).id.box == "ventilator-9");
    const auto past = good(open().store().history(second.endorsement));
    BOOST_TEST_REQUIRE(past.size() == 2U);
    BOOST_TEST(past[0].outcome == "asked");
    BOOST_TEST(past[1].outcome == "admitted");
    BOOST_TEST(past[1].who == "Ada");
    BOOST_TEST(past[1].checks.contains("endorsement key"));
}

BOOST_FIXTURE_TEST_CASE(an_authority_on_a_box_is_somebody_s_decision, Site) {
    MeasuredBox box;
    know(box);
    const auto with_issuing = [](MeasuredBox& each) {
        auto tpm = each.tpm.open();
        each.keys.issuing = good(tpm.create_device_key());
    };
    with_issuing(box);
    box.wish.ticket = good(open().make_ticket("north", "*", now + day, 5)).code;
    BOOST_TEST(objections(admit(asked(box))).starts_with("ask issuing key: the box would sign"));
    box.wish.ticket = good(open().make_ticket("north", "*", now + day, 5, true)).code;
    const std::string request = asked(box);
    const auto admission = admit(request);
    BOOST_TEST(objections(admission) == "");
    const auto identity = good(taken(box, request, admission.answer));
    BOOST_TEST(good(identity::box_of_authority(identity.grant.issuing)).uri() == identity.id.uri());
    // Whoever has one keeps it, and whoever has none is asked about.
    BOOST_TEST(objections(admit(asked(box))) == "");
    MeasuredBox other;
    know(other);
    other.wish.name = "ventilator-8";
    BOOST_TEST(admit(asked(other), {.name = "Ada"}).answer != "");
    with_issuing(other);
    BOOST_TEST(objections(admit(asked(other))).starts_with("ask issuing key"));
    // A key of another TPM.
    auto stolen = other.ask();
    stolen.issuing_certified = stolen.certified;
    BOOST_TEST(objections(admit(enroll::write_request(stolen), {.name = "Ada"}))
                   .contains("no issuing key: the attestation key vouches for another key"));
}

BOOST_FIXTURE_TEST_CASE(nobody_overrules_a_no, Site) {
    const MeasuredBox box({.command_line = "ostree=/ostree/root.a init=/bin/sh"});
    const auto refused = admit(asked(box), {.name = "Ada"});
    BOOST_TEST(refused.answer == "");
    BOOST_TEST(objections(refused).contains("init=/bin/sh"));
    BOOST_TEST(good(open().store().history(refused.endorsement)).back().outcome == "refused");
}

BOOST_FIXTURE_TEST_CASE(a_request_that_was_kept_is_refused_once_a_newer_one_was_admitted, Site) {
    const MeasuredBox box;
    know(box);
    const std::string kept = asked(box), later = asked(box);
    BOOST_TEST(admit(later, {.name = "Ada"}).answer != "");
    BOOST_TEST(objections(admit(kept, {.name = "Ada"})).contains("a request that was kept"));
}

BOOST_FIXTURE_TEST_CASE(a_known_endorsement_key_with_a_new_attestation_key_is_asked_about, Site) {
    MeasuredBox box;
    know(box);
    BOOST_TEST(admit(asked(box), {.name = "Ada"}).answer != "");
    {
        auto tpm = box.tpm.open();
        box.keys = {good(tpm.create_attestation_key()), good(tpm.create_device_key()), std::nullopt};
    }
    const auto second = admit(asked(box));
    BOOST_TEST(objections(second).starts_with("ask freshness: this box has another attestation key"));
    BOOST_TEST(second.answer == "");
    BOOST_TEST(admit(asked(box), {.name = "Ada"}).answer != "");
}

// Not even with a ticket that is for that name: it is not the box that the ticket was made for.
BOOST_FIXTURE_TEST_CASE(a_box_keeps_its_name_unless_a_person_gives_it_another, Site) {
    MeasuredBox box;
    know(box);
    box.wish.ticket = good(open().make_ticket("north", "*", now + day, 5)).code;
    BOOST_TEST(admit(asked(box)).answer != "");
    box.wish.name = "pump-1";
    const std::string other = asked(box);
    BOOST_TEST(
        objections(admit(other)) ==
        "ask name: this is box 'ventilator-7' at site 'north'; shall it be box 'pump-1' at site 'north' from now "
        "on?\n");
    box.wish.name = "ventilator-7";
    box.wish.site = "south";
    BOOST_TEST(objections(admit(asked(box))).contains("shall it be box 'ventilator-7' at site 'south'"));
    // Who says nothing of it stays who it is.
    box.wish.name = box.wish.site = "";
    const auto same = admit(asked(box));
    BOOST_TEST(objections(same) == "");
    BOOST_TEST(same.name == "ventilator-7");
    BOOST_TEST(same.site == "north");
    box.wish.name = "pump-1";
    const std::string wanted = asked(box);
    const auto renamed = admit(wanted, {.name = "Ada"});
    BOOST_TEST(renamed.answer != "");
    BOOST_TEST(good(open().store().history(renamed.endorsement)).back().checks.contains("shall it be box 'pump-1'"));
    // An answer is for one name.
    BOOST_TEST((open().admit(wanted, {.name = "Ada", .box = "pump-2"}, now).error().code == Code::Denied));
    BOOST_TEST(admit(wanted, {.name = "Ada", .box = "pump-1"}).repeated);
}

BOOST_FIXTURE_TEST_CASE(a_ticket_s_code_is_taken_as_people_type_it, Site) {
    MeasuredBox box;
    know(box);
    const auto code = good(open().make_ticket("north", "*", now + day, 5)).code;
    std::string typed;
    for (const char letter : code)
        if (letter != '-') typed += static_cast<char>(std::tolower(letter));
    for (char& letter : typed) letter = letter == '0' ? 'o' : letter == '1' ? 'l' : letter;
    box.wish.ticket = typed;
    BOOST_TEST(objections(admit(asked(box))) == "");
    BOOST_TEST(good(open().store().tickets()).front().used == 1);
    BOOST_TEST(written_code("k7qf 2m4x-o0Il") == "k7qf 2m4x-o0Il");
    BOOST_TEST(written_code("k7qf 2m4x-o0Il zzzz") == "K7QF-2M4X-0011-ZZZZ");
}

BOOST_FIXTURE_TEST_CASE(a_ticket_is_on_record_and_for_its_names_alone, Site) {
    MeasuredBox box;
    know(box);
    const auto ticket = good(open().make_ticket("north", "ventilator-*", now + day, 2, false, {.who = "bo"}));
    box.wish.ticket = ticket.code;
    const std::string request = asked(box);
    // Whoever gives it another name says so.
    const auto renamed = admit(request, {.name = {}, .site = {}, .box = "pump-1"});
    BOOST_TEST(renamed.answer.empty());
    BOOST_TEST(objections(renamed).contains("ask name: its ticket is for the names ventilator-*; shall it be pump-1"));
    BOOST_TEST(!admit(request, {.name = "ada", .site = {}, .box = "pump-1"}).answer.empty());
    const auto history = good(open().store().history(sha256_hex(box.ask().ek_public)));
    BOOST_TEST(history.back().who == "ada");
    BOOST_TEST(history.back().checks.contains(": " + id_of(ticket) + ", made by bo"));
}

BOOST_FIXTURE_TEST_CASE(what_is_missing_in_a_name_is_told, Site) {
    MeasuredBox box;
    box.wish.site = "";
    BOOST_TEST(objections(admit(asked(box))).contains("no name: nobody has said its site; give it with --site"));
    box.wish.ticket = "no ticket";
    const auto refused = objections(admit(asked(box)));
    BOOST_TEST(refused.contains("no ticket: this authority did not make it"));
    BOOST_TEST(refused.contains("no name: its site is that of its ticket, which is not good"));
    for (const auto* names : {"", "Vent_*", "-*", "a.b", "**"})
        BOOST_TEST((open().make_ticket("north", names, now, 1).error().code == Code::Corrupt), names);
    for (const auto* names : {"*", "vent-*", "vent-1", "v*"})
        BOOST_TEST(open().make_ticket("north", names, now, 1).has_value(), names);
}

BOOST_FIXTURE_TEST_CASE(an_authority_has_a_trust_domain_and_a_folder_of_its_own, Site) {
    const auto next = scratch.path() / "next";
    for (const auto& name : {std::string("Clinic Example"), std::string("clinic..example"), std::string("a/b"),
                             std::string("-x"), std::string(), std::string("YOUR-DOMAIN"), std::string(55, 'a')}) {
        const auto made = Authority::create(next, name, now);
        BOOST_TEST_REQUIRE(!made.has_value(), name);
        BOOST_TEST((made.error().code == Code::Corrupt), name);
        BOOST_TEST(made.error().what.contains("is no trust domain"));
        BOOST_TEST(!std::filesystem::exists(next));
    }
    good(Authority::create(next, std::string(54, 'a'), now));
    const auto again = Authority::check_vacant(folder).error();
    BOOST_TEST(
        again.what.contains("holds an authority already, that of clinic.example, fingerprint " + open().fingerprint()));
    const auto foreign = scratch.path() / "images";
    good(make_directories(foreign));
    good(write_whole(foreign / "letter.txt", "of somebody else"));
    std::filesystem::permissions(foreign, std::filesystem::perms(0755));
    const auto refused = Authority::create(foreign, "clinic.example", now);
    BOOST_TEST_REQUIRE(!refused.has_value());
    BOOST_TEST(refused.error().what.contains("holds other things, such as letter.txt"));
    BOOST_TEST((std::filesystem::status(foreign).permissions() == std::filesystem::perms(0755)));
}

BOOST_FIXTURE_TEST_CASE(a_name_is_one_box_s_until_that_is_revoked, Site) {
    const MeasuredBox box, other;
    BOOST_TEST(admit(asked(box), {.name = "Ada"}).answer != "");
    BOOST_TEST(objections(admit(asked(other), {.name = "Ada"})).contains("another box has that name"));
    good(open().revoke("north", "ventilator-7", "it was stolen", "Ada", now));
    BOOST_TEST(admit(asked(other), {.name = "Ada"}).answer != "");
    // What was revoked comes back only where a person wants it, and under another name.
    BOOST_TEST(objections(admit(asked(box), {.box = "ventilator-8"}))
                   .contains("this box was revoked on 2026-09-21 14:13 UTC by Ada: it was "
                             "stolen; shall it come back?"));
    const std::string seen = asked(box);
    const auto asks = admit(seen, {.name = "Ada", .box = "ventilator-8"});
    BOOST_TEST(asks.answer == "");
    BOOST_TEST(asks.revoked);
    BOOST_TEST((asks.decision.answer() == enroll::Answer::Ask));
    BOOST_TEST(admit(seen, {.name = "Ada", .box = "ventilator-8", .brings_back = true}).answer != "");
    BOOST_TEST((open().revoke("north", "nobody", "", "Ada", now).error().code == Code::NotFound));
}

BOOST_FIXTURE_TEST_CASE(other_firmware_is_asked_about_and_a_revoked_release_refused, Site) {
    const MeasuredBox box;
    const std::string first = asked(box);
    BOOST_TEST(admit(first, {.name = "Ada"}).answer != "");
    good(open().store().revoke_release(std::string(64, 'c'), {"Ada", "it leaks", now}));
    const auto refused = objections(admit(asked(box), {.name = "Ada"}));
    BOOST_TEST(refused.contains("version 1.0.0 was revoked"));
    BOOST_TEST(refused.contains("is that of releases that were revoked"));
    // It is not made known again by the way.
    const auto know_again = [&](bool bring_back) {
        return open().store().add_release("holdfast/generic-x86-64/dev/podman", "1.0.0", std::string(64, 'c'),
                                          measurements(), {"Bo", {}, now}, bring_back);
    };
    BOOST_TEST((know_again(false).error().code == Code::Denied));
    BOOST_TEST(know_again(false).error().what.contains("was revoked on 2026-09-21 14:13 UTC by Ada: it leaks"));
    BOOST_TEST(good(open().store().releases()).front().revoked);
    good(know_again(true));
    BOOST_TEST(objections(admit(asked(box), {.name = "Ada"})) == "");
    BOOST_TEST((open().store().revoke_release(std::string(64, 'd')).error().code == Code::NotFound));
}

BOOST_FIXTURE_TEST_CASE(a_kill_at_any_point_costs_nothing, Site) {
    MeasuredBox box;
    know(box);
    box.wish.ticket = good(open().make_ticket("north", "*", now + day, 1)).code;
    for (const char* point : {"hub.issued", "hub.decided", "hub.recorded"}) {
        const std::string request = asked(box);
        BOOST_TEST(dies_at(point, [&] { static_cast<void>(open().admit(request, {}, now)); }));
        const auto admission = admit(request);
        BOOST_TEST_CONTEXT(point) {
            BOOST_TEST(objections(admission) == "");
            BOOST_TEST(taken(box, request, admission.answer).has_value());
        }
    }
    BOOST_TEST(good(open().store().tickets()).front().used == 1);
    const auto half = scratch.path() / "half";
    BOOST_TEST(dies_at("hub.rooted", [&] { static_cast<void>(Authority::create(half, "clinic.example", now)); }));
    BOOST_TEST((Authority::open(half).error().code == Code::NotFound));
    good(Authority::create(half, "clinic.example", now));
    good(Authority::open(half));
    BOOST_TEST((Authority::create(half, "clinic.example", now).error().code == Code::Denied));
}

BOOST_FIXTURE_TEST_CASE(what_is_no_request_or_no_release_is_refused, Site) {
    auto authority = open();
    BOOST_TEST((authority.admit("nonsense", {}, now).error().code == Code::Corrupt));
    for (const auto* text : {"", "{}", "[]", "{\"pcrs\":{\"11\":7}}", "{\"pcrs\":{\"11\":{\"a\":\"zz\"}}}"})
        BOOST_TEST((authority.store().add_release("ref", "1", "c", text).error().code == Code::Corrupt));
    BOOST_TEST((authority.make_ticket("../etc", "*", now, 1).error().code == Code::Corrupt));
}
