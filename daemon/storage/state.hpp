// Whether /var is sealed, by what the kernel shows; for whoever may open no device.
#pragma once

#include <filesystem>
#include <string>

namespace holdfast::storage {

// Written where this start needed the recovery key.
inline constexpr auto recovered_in_root = "run/holdfast-storage/recovered";

struct State {
    std::string state;  // "sealed", "open" (to whoever takes the disk) or "unknown"
    std::string words;  // one sentence for people
};
State state(const std::filesystem::path& root);

// Why a disk may not be sealed, as far as that can be seen, for people.
std::string why_open(const std::filesystem::path& root);

}  // namespace holdfast::storage
