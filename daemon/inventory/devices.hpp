// Devices of a computer that belong to it, from /sys.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace holdfast::inventory {

// What is known of something, by what it is called in an annotation: "model", "size-bytes".
using Facts = std::map<std::string, std::string>;

struct Device {
    std::string name;  // letters, digits and hyphens; the same at each start: "net-525400123456"
    std::string kind;  // tpm, network, disk
    Facts facts;
    bool operator==(const Device&) const = default;
};

// In the order of their names. What /sys does not tell is left out. `sys` is another one in tests.
std::vector<Device> devices(const std::filesystem::path& sys);

}  // namespace holdfast::inventory
