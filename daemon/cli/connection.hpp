// The bus, for the rooms' own files.
#pragma once

#include "base/handle.hpp"
#include "base/result.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <systemd/sd-bus.h>

namespace holdfast::cli {

using Connection = Handle<sd_bus, sd_bus_flush_close_unref>;
using Message = Handle<sd_bus_message, sd_bus_message_unref>;

inline constexpr const char* service = "org.holdfast.Box1";

// The bus at `address`, or the system bus where that is empty. Offline where there is none.
Result<Connection> connect(const std::string& address);

// The Error for a failed call: with the words of whoever refused it, and the code of its name where it is one of ours.
std::unexpected<Error> call_failed(int number, const sd_bus_error& error);

// A call, and its reply or its Error.
template <class... Arguments>
Result<Message> call(sd_bus* bus, const char* path, const char* of, const char* method, const char* types,
                     Arguments... arguments) {
    sd_bus_error error = SD_BUS_ERROR_NULL;
    sd_bus_message* raw = nullptr;
    const int r = sd_bus_call_method(bus, service, path, of, method, &error, &raw, types, arguments...);
    if (r >= 0) return Message(raw);
    const auto failed = call_failed(r, error);
    sd_bus_error_free(&error);
    return failed;
}

// Reads a variant with a text; negative where there is none, as sd-bus has it.
int read_text(sd_bus_message* message, std::string& into);
// Reads what GetAll answers: `take` reads the variant of the property that it is told. Corrupt where that fails.
Result<> read_properties(sd_bus_message* message, const std::function<int(std::string_view name)>& take);

}  // namespace holdfast::cli
