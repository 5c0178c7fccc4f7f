#include "inventory/devices.hpp"

#include "base/digest.hpp"
#include "base/file.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <charconv>

namespace holdfast::inventory {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t file_limit = 4096, words_limit = 256;

// One line for people; nothing where there is none.
std::string line_in(const fs::path& file) {
    const auto text = read_whole(file, file_limit);
    if (!text) return {};
    std::string line = valid_utf8(trim(*text));
    std::ranges::replace_if(line, [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
    return line.substr(0, line.size() > words_limit ? 0 : std::string::npos);
}

std::vector<fs::path> entries(const fs::path& folder) {
    std::vector<fs::path> all;
    std::error_code error;
    for (const auto& each : fs::directory_iterator(folder, error)) all.push_back(each.path());
    std::ranges::sort(all);
    return all;
}

void put(Facts& into, const char* key, std::string value) {
    if (!value.empty()) into[key] = std::move(value);
}

std::string driver_of(const fs::path& device) {
    std::error_code error;
    return fs::read_symlink(device / "driver", error).filename().string();
}

// Letters and digits, whatever it was written with.
std::string bare(std::string_view words) {
    std::string text = small(words);
    std::erase_if(text, [](unsigned char c) { return !(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9'); });
    return text;
}

void add_tpm(const fs::path& entry, std::vector<Device>& all) {
    Device device{entry.filename(), "tpm", {}};
    put(device.facts, "version", line_in(entry / "tpm_version_major"));
    put(device.facts, "description", line_in(entry / "device/description"));
    put(device.facts, "driver", driver_of(entry / "device"));
    all.push_back(std::move(device));
}

// What has no device below it is made by software. An address that was drawn (addr_assign_type not 0) names nothing.
void add_interface(const fs::path& entry, std::vector<Device>& all) {
    std::error_code error;
    if (!fs::exists(entry / "device", error)) return;
    const auto address = line_in(entry / "address");
    const bool permanent = line_in(entry / "addr_assign_type") == "0" && !bare(address).empty();
    Device device{"net-" + (permanent ? bare(address) : bare(entry.filename().string())), "network", {}};
    device.facts["interface"] = entry.filename().string();
    if (permanent) put(device.facts, "address", address);
    put(device.facts, "driver", driver_of(entry / "device"));
    all.push_back(std::move(device));
}

// As the disk tells it: by WWID, else by serial number.
std::string number_of(const fs::path& disk) {
    for (const auto* file : {"wwid", "device/wwid", "device/serial", "serial"})
        if (auto line = line_in(disk / file); !line.empty()) return line;
    return {};
}

void add_disk(const fs::path& entry, std::vector<Device>& all) {
    constexpr std::size_t digits = 10, sector = 512;
    std::error_code error;
    if (!fs::exists(entry / "device", error) || line_in(entry / "removable") == "1") return;
    const auto number = number_of(entry);
    const auto kernel = entry.filename().string();
    Device device{"disk-" + (number.empty() ? bare(kernel) : sha256_hex(number).substr(0, digits)), "disk", {}};
    device.facts["block-device"] = kernel;
    put(device.facts, "model", line_in(entry / "device/model"));
    put(device.facts, "number", number);
    const auto size = line_in(entry / "size");
    std::uint64_t sectors = 0;
    if (std::from_chars(size.data(), size.data() + size.size(), sectors).ec == std::errc() && sectors > 0)
        device.facts["size-bytes"] = std::to_string(sectors * sector);
    const auto turning = line_in(entry / "queue/rotational");
    if (!turning.empty()) device.facts["rotational"] = turning == "1" ? "yes" : "no";
    all.push_back(std::move(device));
}

}  // namespace

std::vector<Device> devices(const fs::path& sys) {
    std::vector<Device> all;
    for (const auto& each : entries(sys / "class/tpm")) add_tpm(each, all);
    for (const auto& each : entries(sys / "class/net")) add_interface(each, all);
    for (const auto& each : entries(sys / "block")) add_disk(each, all);
    std::ranges::stable_sort(all, {}, &Device::name);
    // Two paths to one disk are one disk.
    const auto twice = std::ranges::unique(all, {}, &Device::name);
    all.erase(twice.begin(), twice.end());
    return all;
}

}  // namespace holdfast::inventory
