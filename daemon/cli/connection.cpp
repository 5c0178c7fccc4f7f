#include "cli/connection.hpp"

#include "base/code.hpp"

#include <cstring>

namespace holdfast::cli {

namespace {

constexpr std::uint64_t ten_seconds = 10UL * 1000 * 1000;

}  // namespace

Result<Connection> connect(const std::string& address) {
    sd_bus* raw = nullptr;
    int r = 0;
    if (address.empty()) {
        r = sd_bus_open_system(&raw);
    } else {
        r = sd_bus_new(&raw);
        if (r >= 0) r = sd_bus_set_address(raw, address.c_str());
        if (r >= 0) r = sd_bus_set_bus_client(raw, true);
        if (r >= 0) r = sd_bus_start(raw);
    }
    Connection bus(raw);
    if (r < 0) return fail(Code::Offline, std::string("no connection to the bus: ") + std::strerror(-r));
    sd_bus_set_method_call_timeout(raw, ten_seconds);
    return bus;
}

std::unexpected<Error> call_failed(int number, const sd_bus_error& error) {
    const std::string said = error.message ? error.message : std::strerror(-number);
    const std::string_view name = error.name ? error.name : "";
    if (name == SD_BUS_ERROR_ACCESS_DENIED) return fail(Code::Denied, said);
    for (const auto& each : code_names)
        if (name == each.error) return fail(each.code, said);
    return fail(Code::Offline, "holdfastd does not answer: " + said);
}

int read_text(sd_bus_message* message, std::string& into) {
    const char* text = nullptr;
    const int r = sd_bus_message_read(message, "v", "s", &text);
    if (r > 0) into = text;
    return r;
}

Result<> read_properties(sd_bus_message* message, const std::function<int(std::string_view)>& take) {
    int r = sd_bus_message_enter_container(message, 'a', "{sv}");
    while (r >= 0 && (r = sd_bus_message_enter_container(message, 'e', "sv")) > 0) {
        const char* key = nullptr;
        r = sd_bus_message_read(message, "s", &key);
        if (r >= 0) r = take(key);
        if (r >= 0) r = sd_bus_message_exit_container(message);
    }
    if (r < 0) return fail(Code::Corrupt, std::string("holdfastd answers in another language: ") + std::strerror(-r));
    return {};
}

}  // namespace holdfast::cli
