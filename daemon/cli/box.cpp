#include "cli/box.hpp"

#include "cli/connection.hpp"

#include <string_view>

namespace holdfast::cli {

namespace {

constexpr const char* path = "/org/holdfast/Box1";

struct Text {
    const char* key;
    std::string Box::* member;
};
constexpr Text texts[] = {{"Board", &Box::board},
                          {"Profile", &Box::profile},
                          {"Runtime", &Box::runtime},
                          {"Version", &Box::version},
                          {"Commit", &Box::commit},
                          {"Slot", &Box::slot},
                          {"SecureBoot", &Box::secure_boot},
                          {"Tpm", &Box::tpm},
                          {"Verdict", &Box::verdict},
                          {"Explanation", &Box::explanation},
                          {"Trust", &Box::trust},
                          {"TrustReason", &Box::trust_reason}};

int read_checks(sd_bus_message* message, std::vector<Check>& into) {
    if (const int r = sd_bus_message_enter_container(message, 'v', "a(ssssd)"); r < 0) return r;
    if (const int r = sd_bus_message_enter_container(message, 'a', "(ssssd)"); r < 0) return r;
    const char *name = nullptr, *kind = nullptr, *answer = nullptr, *last_words = nullptr;
    double seconds = 0;
    int r = 0;
    while ((r = sd_bus_message_read(message, "(ssssd)", &name, &kind, &answer, &last_words, &seconds)) > 0)
        into.push_back({name, kind, answer, last_words, seconds});
    if (r >= 0) r = sd_bus_message_exit_container(message);
    return r < 0 ? r : sd_bus_message_exit_container(message);
}

int read_texts(sd_bus_message* message, std::vector<std::string>& into) {
    int r = sd_bus_message_enter_container(message, 'v', "as");
    if (r >= 0) r = sd_bus_message_enter_container(message, 'a', "s");
    const char* text = nullptr;
    while (r >= 0 && (r = sd_bus_message_read(message, "s", &text)) > 0) into.emplace_back(text);
    if (r >= 0) r = sd_bus_message_exit_container(message);
    return r < 0 ? r : sd_bus_message_exit_container(message);
}

int read_identity(sd_bus_message* message, Identity& into) {
    const char *id = nullptr, *standing = nullptr, *reason = nullptr, *term = nullptr;
    const int r = sd_bus_message_read(message, "v", "(ssssx)", &id, &standing, &reason, &term, &into.until);
    if (r > 0) into = {id, standing, reason, term, into.until};
    return r;
}

int read_storage(sd_bus_message* message, Storage& into) {
    const char *state = nullptr, *reason = nullptr;
    const int r = sd_bus_message_read(message, "v", "(ss)", &state, &reason);
    if (r > 0) into = {state, reason};
    return r;
}

int read_property(sd_bus_message* message, std::string_view key, Box& box) {
    for (const auto& text : texts)
        if (key == text.key) return read_text(message, box.*text.member);
    if (key == "TriesLeft") return sd_bus_message_read(message, "v", "i", &box.tries_left);
    if (key == "Options") return read_texts(message, box.options);
    if (key == "Identity") return read_identity(message, box.identity);
    if (key == "Storage") return read_storage(message, box.storage);
    if (key == "Checks") return read_checks(message, box.checks);
    if (key != "Development") return sd_bus_message_skip(message, "v");
    int development = 0;
    const int r = sd_bus_message_read(message, "v", "b", &development);
    box.development = development != 0;
    return r;
}

}  // namespace

Result<Box> ask(const std::string& address) {
    const Connection bus = TRY(connect(address));
    const Message reply = TRY(call(bus.get(), path, "org.freedesktop.DBus.Properties", "GetAll", "s", service));
    Box box;
    TRY(read_properties(reply.get(), [&](std::string_view key) { return read_property(reply.get(), key, box); }));
    return box;
}

}  // namespace holdfast::cli
