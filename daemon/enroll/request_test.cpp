#include "enroll/request.hpp"

#include "base/cbor.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast;
using namespace holdfast::enroll;

namespace {

Request some() {
    Request r{.site = "north",
              .name = "ventilator-7",
              .ticket = "ABCD-EFGH",
              .time = 1'790'000'000,
              .running = {"holdfast/generic-x86-64/dev/podman", "0.1.0", std::string(64, 'c'), 'a'},
              .ek_public = "ek",
              .ek_certificate = "certificate",
              .attestation_public = "attestation",
              .device_public = "device",
              .certified = {"statement", "signature"},
              .issuing_public = "issuing",
              .issuing_certified = {"statement", "another signature"},
              .quote = {"quote", "signature of it"},
              .firmware_log = std::string(20'000, 'f'),
              .userspace_log = "log"};
    r.pcrs[4].fill(4);
    r.pcrs[11].fill(11);
    return r;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_request_comes_back_as_it_went) {
    const Request r = some();
    const std::string bytes = write_request(r);
    const auto back = parse_request(bytes);
    BOOST_REQUIRE_MESSAGE(back.has_value(), back.error().what);
    BOOST_TEST((write_request(*back) == bytes));
    BOOST_TEST(back->name == r.name);
    BOOST_TEST((back->pcrs == r.pcrs));
    BOOST_TEST((binding_of(*back) == binding_of(r)));
}

BOOST_AUTO_TEST_CASE(the_quote_is_bound_to_all_else_in_it) {
    const Request before = some();
    Request r = before;
    r.quote.statement = "another";
    BOOST_TEST((binding_of(r) == binding_of(before)));
    const auto differs = [&](auto change) {
        Request changed = before;
        change(changed);
        return binding_of(changed) != binding_of(before);
    };
    BOOST_TEST(differs([](Request& x) { x.name = "other"; }));
    BOOST_TEST(differs([](Request& x) { x.ticket = ""; }));
    BOOST_TEST(differs([](Request& x) { x.ek_public += "x"; }));
    BOOST_TEST(differs([](Request& x) { x.device_public += "x"; }));
    BOOST_TEST(differs([](Request& x) { x.issuing_public = ""; }));
    BOOST_TEST(differs([](Request& x) { x.pcrs[4].fill(0); }));
    BOOST_TEST(differs([](Request& x) { x.userspace_log = ""; }));
    BOOST_TEST(differs([](Request& x) { x.running.slot = 'b'; }));
}

BOOST_AUTO_TEST_CASE(what_is_no_request_is_refused) {
    const Json whole = cbor::parse(write_request(some()), request_limit).value();
    const auto refused = [&](auto change) {
        Json changed = whole;
        change(changed);
        const auto parsed = parse_request(cbor::write(changed));
        return !parsed && parsed.error().code == Code::Corrupt;
    };
    BOOST_TEST(!refused([](Json&) {}));
    BOOST_TEST(refused([](Json& x) { x["kind"] = "answer"; }));
    BOOST_TEST(refused([](Json& x) { x["format"] = 2; }));
    BOOST_TEST(refused([](Json& x) { x["more"] = 1; }));
    BOOST_TEST(refused([](Json& x) { x["name"] = "Not A Name"; }));
    BOOST_TEST(refused([](Json& x) { x["name"] = "../etc"; }));
    BOOST_TEST(refused([](Json& x) { x["ek"]["type"] = "rsa512"; }));
    BOOST_TEST(refused([](Json& x) { x["pcrs"][0][0] = 24; }));
    BOOST_TEST(refused([](Json& x) { x["pcrs"].push_back(x["pcrs"][0]); }));
    BOOST_TEST(refused([](Json& x) { x["pcrs"][0][1] = cbor::binary("short"); }));
    BOOST_TEST(refused([](Json& x) { x["running"]["slot"] = "c"; }));
    BOOST_TEST(refused([](Json& x) { x["firmware-log"] = cbor::binary(std::string(200'000, 'x')); }));
    for (const auto& [key, ignored] : whole.items())
        BOOST_TEST(refused([&](Json& x) { x.erase(key); }), "without " + key);
    const std::string bytes = write_request(some());
    for (std::size_t size = 0; size < bytes.size(); size += 97) BOOST_TEST(!parse_request(bytes.substr(0, size)));
    BOOST_TEST(!parse_request(std::string(request_limit + 1, 'x')));
}
