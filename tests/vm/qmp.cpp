#include "vm/qmp.hpp"

namespace holdfast::vm {

namespace {

std::string text_or(const Json& object, const char* key, const std::string& otherwise) {
    const auto found = object.is_object() ? object.find(key) : object.end();
    return object.is_object() && found != object.end() && found->is_string() ? found->get<std::string>() : otherwise;
}

}  // namespace

Result<QmpMessage> parse_qmp(std::string_view frame) {
    using Kind = QmpMessage::Kind;
    Json message = TRY(in("QEMU's monitor", json::parse(frame, Port::frame_limit)));
    if (!message.is_object()) return fail(Code::Corrupt, "QEMU's monitor: not an object");
    if (message.contains("QMP")) return QmpMessage{Kind::Greeting, std::move(message["QMP"]), {}};
    if (message.contains("return")) return QmpMessage{Kind::Answer, std::move(message["return"]), {}};
    if (message.contains("error"))
        return QmpMessage{Kind::Refusal, Json::object(), text_or(message["error"], "desc", "no reason given")};
    const std::string name = text_or(message, "event", "");
    if (name.empty()) return fail(Code::Corrupt, "QEMU's monitor: a message of no known kind");
    Json data = message.contains("data") ? std::move(message["data"]) : Json::object();
    return QmpMessage{Kind::Event, std::move(data), name};
}

}  // namespace holdfast::vm
