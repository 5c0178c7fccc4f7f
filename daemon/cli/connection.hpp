// The bus, for the rooms' own files.
#pragma once

#include "base/handle.hpp"
#include "base/result.hpp"

#include <string>
#include <systemd/sd-bus.h>

namespace holdfast::cli {

using Connection = Handle<sd_bus, sd_bus_flush_close_unref>;
using Message = Handle<sd_bus_message, sd_bus_message_unref>;

inline constexpr const char* service = "org.holdfast.Box1";

// The bus at `address`, or the system bus where that is empty. Offline where there is none.
Result<Connection> connect(const std::string& address);

// The Error for a failed call: with the words of whoever refused it, and the code of its name where it is one of ours.
std::unexpected<Error> call_failed(int number, const sd_bus_error& error);

}  // namespace holdfast::cli
