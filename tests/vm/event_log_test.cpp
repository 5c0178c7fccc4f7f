#include "vm/event_log.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast;
using namespace holdfast::vm;

namespace {

const std::string zeros(64, '0');
const std::string ones(64, '1');

std::string log_with(const std::string& digest) {
    return "---\nversion: 1\nevents:\n"
           "- EventNum: 0\n  PCRIndex: 0\n  EventType: EV_NO_ACTION\n  Digest: \"00\"\n  EventSize: 45\n"
           "- EventNum: 1\n  PCRIndex: 4\n  EventType: EV_SEPARATOR\n  DigestCount: 2\n  Digests:\n"
           "  - AlgorithmId: sha1\n    Digest: \"00\"\n  - AlgorithmId: sha256\n    Digest: \"" +
           digest + "\"\n  EventSize: 4\n  Event: \"00000000\"\n";
}

}  // namespace

BOOST_AUTO_TEST_CASE(events_are_read_in_order_and_without_those_that_extend_nothing) {
    const auto events = parse_event_log(log_with(ones));
    BOOST_REQUIRE(events);
    BOOST_REQUIRE_EQUAL(events->size(), 1);
    BOOST_TEST(events->front().pcr == 4);
    BOOST_TEST(events->front().type == "EV_SEPARATOR");
    BOOST_TEST(events->front().digest == ones);
}

BOOST_AUTO_TEST_CASE(a_short_digest_is_refused) {
    BOOST_TEST(!parse_event_log(log_with("11")).has_value());
    BOOST_TEST(!parse_event_log("events:\n- PCRIndex: 4\n").has_value());
}

BOOST_AUTO_TEST_CASE(values_are_read_in_lower_case) {
    const auto values = parse_pcrs("  sha256:\n    4 : 0x" + std::string(64, 'A') + "\n    11: 0x" + ones + "\n");
    BOOST_REQUIRE(values);
    BOOST_TEST(values->at(4) == std::string(64, 'a'));
    BOOST_TEST(values->at(11) == ones);
    BOOST_TEST(!parse_pcrs("sha256:\n  x : 0x" + ones + "\n").has_value());
}

BOOST_AUTO_TEST_CASE(a_replay_extends) {
    // SHA-256 of 64 zero bytes, by sha256sum(1).
    const std::string once = "f5a5fd42d16a20302798ef6ed309979b43003d2320d9f0e8ea9831a92759fb4b";
    BOOST_TEST(replay({{4, "EV_SEPARATOR", zeros}, {7, "EV_SEPARATOR", ones}}, 4).value() == once);
    BOOST_TEST(replay({}, 4).value() == zeros);
    BOOST_TEST(extend_word(zeros, "ready").value() != extend_word(zeros, "sysinit").value());
}
