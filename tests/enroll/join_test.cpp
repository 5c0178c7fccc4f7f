// A box that was invited joins over the line, by itself, whatever is cut.
#include "enroll/join.hpp"

#include "base/file.hpp"
#include "base/in_child.hpp"
#include "identity/invitation.hpp"
#include "served_hub.hpp"
#include "small_hub.hpp"

#include <boost/test/unit_test.hpp>
#include <ctime>
#include <optional>

using namespace holdfast;
using namespace holdfast::enroll;

namespace {

struct Invited {
    Invited() {
        prepare(std::time(nullptr));
        hub.emplace(folder());
        invitation.url = hub->url;
        good(identity::keep_invitation(root(), invitation));
        box.wish.ticket = invitation.ticket;
    }
    // SQLite has to be closed before a process forks.
    void prepare(std::int64_t now) {
        auto authority = make_hub(folder(), now);
        good(authority.store().allow_endorsement(sha256(box.ask().ek_public), "delivered"));
        invitation.fingerprint = authority.fingerprint();
        invitation.ticket = good(authority.make_ticket("north", "*", now + 3600, 1)).code;
    }
    std::filesystem::path folder() const { return scratch.path() / "hub"; }
    std::filesystem::path root() const { return scratch.path() / "box"; }
    Line line() const { return {hub->url, invitation.fingerprint}; }
    Result<Reply> join() {
        http::Client client;
        auto tpm = box.tpm.open();
        return join_once(node, tpm, client, line(), box.wish);
    }
    void serve_again(std::string_view dies_at = {}) { hub.emplace(folder(), dies_at); }
    std::string ticket_left() const { return good(identity::load_invitation(root()))->ticket; }
    hub::Authority authority() const { return good(hub::Authority::open(folder())); }
    std::size_t waiting() const {
        const auto place = folder() / "waiting";
        if (!std::filesystem::exists(place)) return 0;
        return static_cast<std::size_t>(
            std::distance(std::filesystem::directory_iterator(place), std::filesystem::directory_iterator()));
    }

    Scratch scratch = Scratch::make("join").value();
    MeasuredBox box;
    Node node{root()};
    identity::Invitation invitation;
    std::optional<ServedHub> hub;
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_ticket_admits_and_is_forgotten, Invited) {
    BOOST_TEST(!good(joined_before(node, line())).has_value());
    const auto reply = good(join());
    BOOST_TEST_REQUIRE(reply.identity.has_value());
    BOOST_TEST(reply.identity->id.uri() == "spiffe://clinic.example/site/north/box/ventilator-7");
    BOOST_TEST(ticket_left() == "");
    BOOST_TEST(*good(node.line()) == hub->url);
    BOOST_TEST(good(joined_before(node, line()))->id.uri() == reply.identity->id.uri());
}

BOOST_FIXTURE_TEST_CASE(offline_is_no_failure_and_nobody_is_asked_twice, Invited) {
    box.wish.ticket = "";
    hub->end();
    BOOST_TEST((join().error().code == Code::Offline));
    serve_again();
    for (int i = 0; i < 3; ++i) {
        const auto reply = good(join());
        BOOST_TEST(!reply.identity.has_value());
        BOOST_TEST(reply.reasons.front().contains("so a person has to know it"));
    }
    BOOST_TEST(waiting() == 1U);
    const auto asked = *good(node.pending());
    BOOST_TEST(good(authority().admit(asked, {.name = "ada", .site = {}, .box = {}}, std::time(nullptr))).answer != "");
    BOOST_TEST(good(join()).identity.has_value());
    BOOST_TEST(ticket_left() == "");
}

BOOST_FIXTURE_TEST_CASE(what_has_changed_is_asked_anew_and_a_no_is_told, Invited) {
    box.wish.ticket = "0000-0000-0000-0000";
    const auto refused = join();
    BOOST_TEST((refused.error().code == Code::Denied));
    BOOST_TEST(refused.error().what.contains("this authority did not make it"));
    BOOST_TEST(!good(node.pending()).has_value());
    BOOST_TEST(ticket_left() == invitation.ticket);
    box.wish.ticket = "";
    good(join());
    const auto first = *good(node.pending());
    box.wish.ticket = invitation.ticket;
    BOOST_TEST(good(join()).identity.has_value());
    BOOST_TEST((good(parse_request(first)).ticket == ""));
}

BOOST_FIXTURE_TEST_CASE(nobody_else_is_joined, Invited) {
    invitation.fingerprint = std::string(64, 'a');
    BOOST_TEST((join().error().code == Code::Denied));
    BOOST_TEST(!good(node.identity()).has_value());
    BOOST_TEST(ticket_left() == invitation.ticket);
}

BOOST_FIXTURE_TEST_CASE(a_kill_anywhere_leaves_what_the_same_goes_on_from, Invited) {
    const auto in_vain = [&] { static_cast<void>(join()); };
    for (const char* point : {"node.keys", "node.asked"}) BOOST_TEST(dying_at(point, 1, in_vain) == crashed);
    for (const char* point : {"hub.issued", "hub.decided", "hub.recorded"}) {
        hub->end();
        serve_again(point);
        BOOST_TEST((join().error().code == Code::Offline));
        BOOST_TEST(hub->wait() == crashed);
    }
    serve_again();
    for (const char* point : {"node.admitted", "node.granted"}) BOOST_TEST(dying_at(point, 1, in_vain) == crashed);
    // It is admitted, and goes on by itself; what it was asked for is not asked again.
    BOOST_TEST(dying_at("node.forgot", 1, [&] { static_cast<void>(joined_before(node, line())); }) == crashed);
    BOOST_TEST(ticket_left() == "");
    BOOST_TEST(!good(node.line()).has_value());
    BOOST_TEST(good(joined_before(node, line())).has_value());
    BOOST_TEST(good(node.line()).has_value());
    BOOST_TEST(node.admitted().has_value());
    const auto boxes = good(authority().store().boxes());
    BOOST_TEST(boxes.size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_kill_after_it_was_admitted_is_made_good, Invited) {
    BOOST_TEST(dying_at("join.admitted", 1, [&] { static_cast<void>(join()); }) == crashed);
    BOOST_TEST(ticket_left() == invitation.ticket);
    BOOST_TEST(good(joined_before(node, line())).has_value());
    BOOST_TEST(ticket_left() == "");
}
