// The PIN that a sealed disk asks for beside its TPM, where it has one.
#pragma once

#include "base/result.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace holdfast::storage {

// Below /var, mode 0600: inside the disk that it opens, since sealing anew needs it.
inline constexpr auto pin_in_var = "lib/holdfast/storage/pin";
// One that is being set. It takes the other's place once the TPM has it.
inline constexpr auto new_pin_in_var = "lib/holdfast/storage/pin.new";

// Corrupt unless it is 6 to 64 printable ASCII characters, no blank first or last: it is typed at a prompt that trims,
// on whatever keyboard is there. The error does not repeat it.
Result<> check_pin(std::string_view pin);

// What a box keeps. NotFound names the file and the remedy.
Result<std::string> load_pin(const std::filesystem::path& file);

// Whether an image demands one: "disk_pin" of its release.json, false where that is not there.
Result<bool> demands_pin(std::string_view release_json);

}  // namespace holdfast::storage
