// The daemon's one connection to the system bus, under the name org.holdfast.Box1.
#pragma once

#include "api/loop.hpp"
#include "base/result.hpp"

#include <memory>
#include <string>

struct sd_bus;

namespace holdfast::api {

class Bus {
public:
    // Connects to the system bus (DBUS_SYSTEM_BUS_ADDRESS where set) and answers from then on in `loop`.
    // Offline where there is no bus.
    static Result<Bus> open(const Loop& loop);
    Bus(Bus&&) noexcept;
    Bus& operator=(Bus&&) noexcept;
    ~Bus();

    // Once everything is published. Busy where another daemon owns the name, Denied where the bus forbids it.
    Result<> take_name();
    sd_bus* get() const;

private:
    struct Parts;
    explicit Bus(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

// The Error for a negative errno of sd-bus.
std::unexpected<Error> bus_error(const std::string& doing, int number);

}  // namespace holdfast::api
