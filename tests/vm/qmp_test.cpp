#include "vm/qmp.hpp"

#include <array>
#include <boost/test/unit_test.hpp>

using namespace holdfast;
using vm::parse_qmp;
using Kind = vm::QmpMessage::Kind;

BOOST_AUTO_TEST_CASE(the_four_kinds) {
    BOOST_TEST((parse_qmp(R"({"QMP": {"version": {}, "capabilities": []}})")->kind == Kind::Greeting));
    const auto answer = parse_qmp(R"({"return": {"status": "running"}, "id": 3})");
    BOOST_TEST((answer->kind == Kind::Answer));
    BOOST_TEST(answer->body["status"] == "running");
    const auto refusal = parse_qmp(R"({"error": {"class": "CommandNotFound", "desc": "no such command"}})");
    BOOST_TEST((refusal->kind == Kind::Refusal));
    BOOST_TEST(refusal->name == "no such command");
    const auto event =
        parse_qmp(R"({"event": "RESET", "data": {"guest": true, "reason": "guest-reset"}, "timestamp": {}})");
    BOOST_TEST((event->kind == Kind::Event));
    BOOST_TEST(event->name == "RESET");
    BOOST_TEST(event->body["reason"] == "guest-reset");
}

BOOST_AUTO_TEST_CASE(an_event_without_data) {
    const auto event = parse_qmp(R"({"event": "POWERDOWN", "timestamp": {}})");
    BOOST_TEST(event->body.is_object());
}

BOOST_AUTO_TEST_CASE(anything_else_is_refused) {
    for (const auto* text : std::array{"", "7", "[]", "{}", "{\"event\": 7}", "{\"event\": \"\"}", "{\"return\""})
        BOOST_TEST(!parse_qmp(text), text);
    BOOST_TEST((parse_qmp(R"({"error": 7})")->kind == Kind::Refusal));
}
