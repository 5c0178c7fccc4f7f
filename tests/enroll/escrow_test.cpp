// The recovery key of a box's disk goes with its request to its authority, and to nobody else.
#include "enroll/escrow.hpp"

#include "served_hub.hpp"
#include "world.hpp"

using namespace holdfast;

namespace {

constexpr auto key = "cbdefghi-jklnrtuv-cbdefghi-jklnrtuv-cbdefghi-jklnrtuv-cbdefghi-jklnrtuv";

struct Escrow : World {
    std::string told() const { return identity::pem_of(good(hub().escrow_chain())); }
    void leave() {
        box.wish.escrow_to = good(enroll::escrow_certificate(told(), hub().fingerprint()));
        box.wish.recovery_key = key;
    }
    Result<std::string> recover() const {
        auto authority = hub();
        return authority.recover(good(authority.box_known("north", "ventilator-7")), "bo", now);
    }
    std::string outcome() const {
        const auto admitted = good(hub().store().box_named("north", "ventilator-7"));
        return good(hub().store().history(admitted->endorsement)).back().outcome;
    }
    // What a hub says of the recovery key in this request.
    static enroll::Check check(hub::Authority hub, const std::string& request) {
        const auto admission = good(hub.admit(request, {.name = "Ada", .site = {}, .box = {}}, now));
        for (const auto& each : admission.decision.checks)
            if (each.name == "recovery key") return each;
        return {};
    }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(the_authority_tells_it_and_writes_down_to_whom, Escrow) {
    leave();
    const auto request = this->request();
    BOOST_TEST(!request.contains(key));
    BOOST_TEST(
        (check(hub(), request) == enroll::Check{"recovery key", enroll::Answer::Yes, "it is kept here, and opens"}));
    BOOST_TEST(outcome() == "admitted");
    BOOST_TEST(good(recover()) == key);
    BOOST_TEST(outcome() == "recovered");
    // A request without one, such as after an update, takes nothing away.
    box.wish.escrow_to.clear();
    admit(this->request());
    BOOST_TEST(good(recover()) == key);
    // Its disk may be read though it is revoked.
    good(hub().revoke("north", "ventilator-7", "its board broke", "Ada", now));
    BOOST_TEST(good(recover()) == key);
}

BOOST_FIXTURE_TEST_CASE(a_box_that_left_none_and_a_key_in_its_safe_place_are_told, Escrow) {
    admit(request());
    BOOST_TEST(recover().error().what.contains("left no recovery key here"));
    leave();
    std::filesystem::rename(scratch.path() / "hub/escrow.key", scratch.path() / "safe");
    BOOST_TEST(check(hub(), request()).reason.contains("escrow.key is not here"));
    BOOST_TEST((recover().error().code == Code::NotFound));
    std::filesystem::rename(scratch.path() / "safe", scratch.path() / "hub/escrow.key");
    BOOST_TEST(good(recover()) == key);
}

BOOST_FIXTURE_TEST_CASE(what_is_sealed_for_somebody_else_is_refused, Escrow) {
    make_hub(scratch.path() / "other", now);
    const auto other = good(hub::Authority::open(scratch.path() / "other"));
    const auto theirs = identity::pem_of(good(other.escrow_chain()));
    BOOST_TEST((enroll::escrow_certificate(theirs, hub().fingerprint()).error().code == Code::Denied));
    BOOST_TEST((enroll::escrow_certificate(told(), "3f9a").error().code == Code::Denied));
    BOOST_TEST((enroll::escrow_certificate("", hub().fingerprint()).error().code == Code::Corrupt));
    // A chain that ends with the right root and begins with another's key.
    auto mixed = good(other.escrow_chain());
    mixed.back() = good(hub().escrow_chain()).back();
    BOOST_TEST((enroll::escrow_certificate(identity::pem_of(mixed), hub().fingerprint()).error().code == Code::Denied));

    box.wish.escrow_to = good(other.escrow_chain()).front();
    box.wish.recovery_key = key;
    const auto refused = check(hub(), request());
    BOOST_TEST((refused.answer == enroll::Answer::No));
    BOOST_TEST(!good(hub().store().box_named("north", "ventilator-7")).has_value());
}

BOOST_FIXTURE_TEST_CASE(it_belongs_to_the_box_that_sent_it, Escrow) {
    leave();
    auto request = box.ask();
    const MeasuredBox another;
    auto stolen = another.ask();
    stolen.escrow = request.escrow;
    BOOST_TEST((check(hub(), enroll::write_request(stolen)).answer == enroll::Answer::No));
}

BOOST_FIXTURE_TEST_CASE(over_a_line_it_is_fetched, Escrow) {
    const ServedHub served(scratch.path() / "hub");
    const enroll::Line line{served.url, hub().fingerprint()};
    http::Client client;
    const auto fetched = good(enroll::fetch_escrow(client, line));
    BOOST_REQUIRE(fetched.has_value());
    BOOST_TEST((*fetched == good(hub().escrow_chain()).front()));
    std::filesystem::remove(scratch.path() / "hub/escrow.pem");
    BOOST_TEST(!good(enroll::fetch_escrow(client, line)).has_value());
    good(hub().make_escrow_key(now));
    BOOST_TEST((good(enroll::fetch_escrow(client, line)) != fetched));
}
