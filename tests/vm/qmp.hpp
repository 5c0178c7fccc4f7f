// QEMU's monitor: what it answers and the events it tells by itself.
// Protocol: https://www.qemu.org/docs/master/interop/qmp-spec.html
#pragma once

#include "base/json.hpp"
#include "vm/channel.hpp"

#include <deque>
#include <optional>

namespace holdfast::vm {

struct Event {
    std::string name;  // RESET, SHUTDOWN, VSERPORT_CHANGE…
    Json data = Json::object();
    double seconds = 0;  // since power-on
    bool taken = false;  // by a wait
};

// One message of the monitor, sorted. Corrupt for anything that is not one.
struct QmpMessage {
    enum class Kind { Greeting, Answer, Refusal, Event } kind;
    Json body;         // the answer's "return", or the event's data
    std::string name;  // of an event; of a refusal what QEMU says
};
Result<QmpMessage> parse_qmp(std::string_view frame);

}  // namespace holdfast::vm
