#include "agent/reboot.hpp"

#include "base/handle.hpp"

#include <cstring>
#include <systemd/sd-bus.h>

namespace holdfast::agent {

namespace {

using Bus = Handle<sd_bus, sd_bus_flush_close_unref>;

constexpr const char* systemd_socket = "unix:path=/run/systemd/private";
constexpr std::uint64_t five_seconds = 5UL * 1000 * 1000;

struct Failure {
    sd_bus_error error = SD_BUS_ERROR_NULL;
    Failure() = default;
    Failure(const Failure&) = delete;
    Failure& operator=(const Failure&) = delete;
    ~Failure() { sd_bus_error_free(&error); }
};

std::unexpected<Error> offline(const char* whom, int number) {
    return fail(Code::Offline, std::string(whom) + ": " + std::strerror(-number));
}

Result<Bus> system_bus() {
    sd_bus* bus = nullptr;
    if (const int r = sd_bus_open_system(&bus); r < 0) return offline("the system bus", r);
    return Bus(bus);
}

Result<Bus> systemd_itself() {
    sd_bus* raw = nullptr;
    if (const int r = sd_bus_new(&raw); r < 0) return offline("systemd's socket", r);
    Bus bus(raw);
    int r = sd_bus_set_address(raw, systemd_socket);
    if (r >= 0) r = sd_bus_start(raw);
    if (r < 0) return offline("systemd's socket", r);
    return bus;
}

Result<> start_reboot(Result<Bus> opened) {
    const Bus bus = TRY(std::move(opened));
    sd_bus_set_method_call_timeout(bus.get(), five_seconds);
    Failure failure;
    // What `systemctl reboot` does: the job that no later job may replace.
    const int r = sd_bus_call_method(bus.get(), "org.freedesktop.systemd1", "/org/freedesktop/systemd1",
                                     "org.freedesktop.systemd1.Manager", "StartUnit", &failure.error, nullptr, "ss",
                                     "reboot.target", "replace-irreversibly");
    if (r < 0)
        return fail(Code::Offline,
                    std::string("systemd: ") + (failure.error.message ? failure.error.message : std::strerror(-r)));
    return {};
}

// What `systemctl reboot --force` does.
Result<> reboot_at_once(Result<Bus> opened) {
    const Bus bus = TRY(std::move(opened));
    sd_bus_set_method_call_timeout(bus.get(), five_seconds);
    const int r = sd_bus_call_method(bus.get(), nullptr, "/org/freedesktop/systemd1",
                                     "org.freedesktop.systemd1.Manager", "Reboot", nullptr, nullptr, "");
    if (r < 0) return offline("systemd", r);
    return {};
}

}  // namespace

Result<> request_reboot() {
    const auto asked = start_reboot(system_bus());
    if (asked) return {};
    const auto again = start_reboot(systemd_itself());
    if (again || reboot_at_once(systemd_itself())) return {};
    return fail(Code::Offline,
                "systemd cannot be asked for a reboot: " + asked.error().what + "; " + again.error().what);
}

}  // namespace holdfast::agent
