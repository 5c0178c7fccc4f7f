#include "base/in_child.hpp"
#include "identity/svid.hpp"
#include "world.hpp"

using namespace holdfast;
using namespace holdfast::enroll;

BOOST_FIXTURE_TEST_CASE(a_box_asks_and_knows_who_it_is_from_then_on, World) {
    BOOST_TEST(!good(node.identity()).has_value());
    const std::string asked = request(), answer = admit(asked);
    const auto identity = good(import(answer, hub().fingerprint().substr(0, 16)));
    BOOST_TEST(identity.id.box == "ventilator-7");
    BOOST_TEST(good(node.identity())->id.uri() == identity.id.uri());
    BOOST_TEST(notice == "");
    BOOST_TEST((std::filesystem::status(kept("keys")).permissions() == std::filesystem::perms(0600)));
    // It asks again with the same keys, and is known.
    BOOST_TEST((good(parse_request(request())).device_public == good(parse_request(asked)).device_public));
}

BOOST_FIXTURE_TEST_CASE(a_box_with_an_authority_of_its_own_signs_in_its_tpm, World) {
    good(import(admit(request()), hub().fingerprint()));
    BOOST_TEST(good(node.identity())->grant.issuing.empty());
    box.wish.issuing = true;
    good(import(admit(request()), hub().fingerprint()));
    const auto identity = *good(node.identity());
    const auto keys = good(node.keys());
    BOOST_REQUIRE(keys.issuing.has_value());
    auto tpm = box.tpm.open();
    const identity::Issuer own{.certificate = identity.grant.issuing,
                               .signer = [&](const Digest& digest) { return tpm.sign(*keys.issuing, digest); }};
    const auto workload = good(identity::make_key());
    const auto svid = good(identity::give(own, {identity.grant.chain.begin() + 1, identity.grant.chain.end()},
                                          workload.get(), "alarms", now, 3600));
    BOOST_TEST(good(identity::believe(svid.chain, identity.grant.roots, {}, now + 60)).id.workload == "alarms");
    // The device key is for the box itself.
    const identity::Issuer wrong{.certificate = identity.grant.issuing,
                                 .signer = [&](const Digest& digest) { return tpm.sign(keys.device, digest); }};
    const auto forged = good(identity::give(wrong, {identity.grant.chain.begin() + 1, identity.grant.chain.end()},
                                            workload.get(), "alarms", now, 3600));
    BOOST_TEST(!identity::believe(forged.chain, identity.grant.roots, {}, now + 60).has_value());
}

BOOST_FIXTURE_TEST_CASE(another_authority_s_answer_is_refused, World) {
    BOOST_TEST((import("nonsense", "").error().code == Code::NotFound));
    const std::string answer = admit(request());
    for (const std::string& wrong : {std::string(64, 'a'), std::string(), hub().fingerprint().substr(0, 15)}) {
        const auto refused = import(answer, wrong);
        BOOST_TEST((refused.error().code == Code::Denied));
        BOOST_TEST(refused.error().what.contains(hub().fingerprint()));
    }
    BOOST_TEST(!good(node.identity()).has_value());
    BOOST_TEST(import(answer, hub().fingerprint()).has_value());
}

BOOST_FIXTURE_TEST_CASE(a_cleared_tpm_makes_new_keys_and_says_so, World) {
    const std::string before = request();
    good(import(admit(before), hub().fingerprint()));
    box.tpm.tool({"tpm2_clear"});
    const std::string after = request();
    BOOST_TEST(notice.contains("the TPM was cleared"));
    BOOST_TEST((good(parse_request(after)).device_public != good(parse_request(before)).device_public));
    // The endorsement key is the same: the authority knows the box again.
    BOOST_TEST((good(parse_request(after)).ek_public == good(parse_request(before)).ek_public));
}

BOOST_FIXTURE_TEST_CASE(damaged_files_are_told_and_not_passed_over, World) {
    request();
    good(write_whole(kept("keys"), "nonsense"));
    auto tpm = box.tpm.open();
    const auto refused = node.request(tpm, box.wish, notice);
    BOOST_TEST((refused.error().code == Code::Corrupt));
    BOOST_TEST(refused.error().what.contains("identity/keys"));
}

BOOST_FIXTURE_TEST_CASE(a_kill_anywhere_leaves_what_the_same_command_goes_on_from, World) {
    for (const char* point : {"node.keys", "node.asked"}) {
        BOOST_TEST(dying_at(point, 1, [&] { request(); }) == crashed);
        const std::string asked = request();
        BOOST_TEST(!asked.empty());
    }
    const std::string answer = admit(request());
    for (const char* point : {"node.admitted", "node.granted"})
        BOOST_TEST(dying_at(point, 1, [&] { static_cast<void>(import(answer, hub().fingerprint())); }) == crashed);
    BOOST_TEST(good(import(answer, hub().fingerprint())).id.box == "ventilator-7");
    BOOST_TEST(good(node.identity()).has_value());
}
