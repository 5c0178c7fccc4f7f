#include "api/bus.hpp"

#include "base/handle.hpp"

#include <cerrno>
#include <cstring>
#include <systemd/sd-bus.h>

namespace holdfast::api {

namespace {

constexpr const char* name = "org.holdfast.Box1";

}  // namespace

struct Bus::Parts {
    Handle<sd_bus, sd_bus_flush_close_unref> bus;
};

Bus::Bus(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Bus::Bus(Bus&&) noexcept = default;
Bus& Bus::operator=(Bus&&) noexcept = default;
Bus::~Bus() = default;

std::unexpected<Error> bus_error(const std::string& doing, int number) {
    Code code = Code::Offline;
    if (number == -EEXIST || number == -EALREADY) code = Code::Busy;
    if (number == -EACCES || number == -EPERM) code = Code::Denied;
    return fail(code, doing + ": " + std::strerror(-number));
}

Result<Bus> Bus::open(const Loop& loop) {
    auto parts = std::make_unique<Parts>();
    sd_bus* bus = nullptr;
    if (const int r = sd_bus_open_system(&bus); r < 0) return bus_error("cannot reach the system bus", r);
    parts->bus.reset(bus);
    // A daemon without its bus answers nobody: end, and let systemd start it again.
    if (const int r = sd_bus_set_exit_on_disconnect(bus, true); r < 0) return bus_error("cannot watch the bus", r);
    if (const int r = sd_bus_attach_event(bus, loop.event(), 0); r < 0) return bus_error("cannot wait for the bus", r);
    return Bus(std::move(parts));
}

Result<> Bus::take_name() {
    const int r = sd_bus_request_name(parts_->bus.get(), name, 0);
    return r < 0 ? Result<>(bus_error("cannot take the name " + std::string(name), r)) : Result<>();
}

sd_bus* Bus::get() const {
    return parts_->bus.get();
}

}  // namespace holdfast::api
