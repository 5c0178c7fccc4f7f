#include "storage/pin.hpp"

#include "base/file.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

#include <algorithm>

namespace holdfast::storage {

Result<> check_pin(std::string_view pin) {
    constexpr std::size_t shortest = 6, longest = 64;
    const bool printable = std::ranges::all_of(pin, [](char c) { return c >= ' ' && c <= '~'; });
    if (pin.size() >= shortest && pin.size() <= longest && printable && trim(pin) == pin) return {};
    return fail(Code::Corrupt, "a PIN has 6 to 64 printable ASCII characters, and no blank first or last");
}

Result<std::string> load_pin(const std::filesystem::path& file) {
    const auto text = read_whole(file, 256);
    if (!text && text.error().code == Code::NotFound)
        return fail(Code::NotFound, "the disk is sealed anew with its PIN, and " + file.string() +
                                        " is not there; write the PIN into that file, mode 0600, or set another one: "
                                        "holdfast storage pin");
    if (!text) return std::unexpected(text.error());
    std::string pin(trim(*text));
    TRY(in(file.string(), check_pin(pin)));
    return pin;
}

Result<bool> demands_pin(std::string_view release_json) {
    const Json release = TRY(in("release.json", json::parse(release_json, mebibyte)));
    if (!release.is_object() || !release.contains("disk_pin")) return false;
    return in("release.json", json::boolean(release, "disk_pin"));
}

}  // namespace holdfast::storage
