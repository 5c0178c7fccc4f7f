// Any bytes as update.yaml and as a window: settings, or a refusal with a place.
#include "update/settings.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace holdfast;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto settings = update::parse_settings(text, "update.yaml");
    if (!settings && !settings.error().what.starts_with("update.yaml")) std::abort();
    const auto window = update::Window::parse(text);
    for (const unsigned minute : {0U, 1U, 5000U, update::minutes_of_a_week - 1})
        if (window && window->minutes_until(minute) >= update::minutes_of_a_week) std::abort();
    return 0;
}
