#include "cli/connection.hpp"

#include <cstring>

namespace holdfast::cli {

namespace {

constexpr std::uint64_t ten_seconds = 10UL * 1000 * 1000;

constexpr std::pair<const char*, Code> codes[] = {
    {"org.holdfast.Error.NotFound", Code::NotFound}, {"org.holdfast.Error.Denied", Code::Denied},
    {"org.holdfast.Error.Corrupt", Code::Corrupt},   {"org.holdfast.Error.Offline", Code::Offline},
    {"org.holdfast.Error.NoSpace", Code::NoSpace},   {"org.holdfast.Error.Busy", Code::Busy},
    {"org.holdfast.Error.Bug", Code::Bug},           {SD_BUS_ERROR_ACCESS_DENIED, Code::Denied}};

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
    for (const auto& [name, code] : codes)
        if (error.name && std::string_view(error.name) == name) return fail(code, said);
    return fail(Code::Offline, "holdfastd does not answer: " + said);
}

}  // namespace holdfast::cli
