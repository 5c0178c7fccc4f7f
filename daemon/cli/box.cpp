#include "cli/box.hpp"

#include "cli/connection.hpp"

#include <cstring>
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
                          {"Explanation", &Box::explanation}};

int read_text(sd_bus_message* message, std::string& into) {
    const char* text = nullptr;
    const int r = sd_bus_message_read(message, "v", "s", &text);
    if (r > 0) into = text;
    return r;
}

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

int read_property(sd_bus_message* message, std::string_view key, Box& box) {
    for (const auto& text : texts)
        if (key == text.key) return read_text(message, box.*text.member);
    if (key == "TriesLeft") return sd_bus_message_read(message, "v", "i", &box.tries_left);
    if (key == "Options") return read_texts(message, box.options);
    if (key == "Checks") return read_checks(message, box.checks);
    if (key != "Development") return sd_bus_message_skip(message, "v");
    int development = 0;
    const int r = sd_bus_message_read(message, "v", "b", &development);
    box.development = development != 0;
    return r;
}

int read_properties(sd_bus_message* message, Box& box) {
    int r = sd_bus_message_enter_container(message, 'a', "{sv}");
    while (r >= 0 && (r = sd_bus_message_enter_container(message, 'e', "sv")) > 0) {
        const char* key = nullptr;
        r = sd_bus_message_read(message, "s", &key);
        if (r >= 0) r = read_property(message, key, box);
        if (r >= 0) r = sd_bus_message_exit_container(message);
    }
    return r;
}

}  // namespace

Result<Box> ask(const std::string& address) {
    const Connection bus = TRY(connect(address));
    sd_bus_error error = SD_BUS_ERROR_NULL;
    sd_bus_message* raw = nullptr;
    int r = sd_bus_call_method(bus.get(), service, path, "org.freedesktop.DBus.Properties", "GetAll", &error, &raw, "s",
                               service);
    const Message reply(raw);
    const auto failed = r < 0 ? call_failed(r, error) : fail(Code::Offline, "");
    sd_bus_error_free(&error);
    if (r < 0) return failed;
    Box box;
    r = read_properties(raw, box);
    if (r < 0) return fail(Code::Corrupt, std::string("holdfastd answers in another language: ") + std::strerror(-r));
    return box;
}

}  // namespace holdfast::cli
