#include "boot/firmware.hpp"

#include "base/crash_point.hpp"
#include "base/file.hpp"
#include "base/little_endian.hpp"
#include "base/text.hpp"
#include "boot/architecture.hpp"
#include "boot/loader.hpp"
#include "boot/utf16.hpp"
#include "boot/variable.hpp"

#include <algorithm>
#include <charconv>
#include <format>
#include <map>
#include <optional>
#include <tuple>

namespace holdfast::boot {

namespace {

namespace fs = std::filesystem;
using Number = std::uint16_t;  // of a Boot####
using Repairs = std::vector<std::string>;

constexpr std::string_view label = "Holdfast";

std::string loader_file() {
    return R"(\EFI\systemd\)" + own_architecture().systemd_boot();
}

std::string name_of(Number number) {
    return std::format("Boot{:04X}", number);
}

// All of the firmware's boot entries. One that cannot be read still takes its number.
struct Entries {
    std::map<Number, std::optional<LoadOption>> options;
    std::vector<Number> order;
};

// "Boot0003-8be4df61-…": four digits, upper-case (UEFI 2.10, section 3.3).
std::optional<Number> number_in_name(std::string_view name) {
    constexpr std::string_view prefix = "Boot";
    constexpr std::size_t digits = 4;
    if (!name.starts_with(prefix) || name.substr(prefix.size() + digits) != "-" + std::string(vendor::firmware))
        return std::nullopt;
    const auto text = name.substr(prefix.size(), digits);
    Number number = 0;
    const auto [end, error] = std::from_chars(text.begin(), text.end(), number, 16);
    if (error != std::errc() || end != text.end() || name_of(number).substr(prefix.size()) != text) return std::nullopt;
    return number;
}

Result<std::vector<Number>> read_order(const fs::path& root) {
    const auto bytes = read_variable(root, "BootOrder", vendor::firmware);
    std::vector<Number> order;
    // Only a BootOrder that is not there is an empty one: written anew, one that could not be read would lose all.
    if (!bytes && bytes.error().code != Code::NotFound) return std::unexpected(bytes.error());
    for (std::size_t at = 0; bytes && at + sizeof(Number) <= bytes->size(); at += sizeof(Number))
        order.push_back(*number<Number>(*bytes, at));
    return order;
}

Result<Entries> read_entries(const fs::path& root) {
    Entries entries;
    std::error_code error;
    for (const auto& file : fs::directory_iterator(variables_folder(root), error)) {
        const auto number = number_in_name(file.path().filename().string());
        if (!number) continue;
        auto& option = entries.options[*number];
        const auto bytes = read_variable(root, name_of(*number), vendor::firmware, load_option_limit);
        if (auto parsed = bytes ? parse_load_option(*bytes) : std::unexpected(bytes.error())) option = *parsed;
    }
    if (error) return std::unexpected(system_error(error.value(), variables_folder(root), "cannot list"));
    entries.order = TRY(read_order(root));
    return entries;
}

// FAT does not tell upper from lower case.
bool same_file(std::string_view one, std::string_view two) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::ranges::equal(one, two, {}, lower, lower);
}

bool is_ours(const std::optional<LoadOption>& option, const Partition& esp) {
    return option && option->partition && option->partition->uuid == esp.uuid && same_file(option->file, loader_file());
}

bool is_right(const LoadOption& option, const Partition& esp) {
    return option.active && option.label == label && option.partition == esp;
}

// Our entries, the one to keep in front: one that is right, then the one that the firmware tries earliest.
std::vector<Number> our_entries(const Entries& entries, const Partition& esp) {
    std::vector<Number> ours;
    for (const auto& [number, option] : entries.options)
        if (is_ours(option, esp)) ours.push_back(number);
    std::ranges::sort(ours, {}, [&](Number number) {
        const auto place = std::ranges::find(entries.order, number) - entries.order.begin();
        return std::tuple(!is_right(*entries.options.at(number), esp), place, number);
    });
    return ours;
}

// One that BootOrder names is not free: somebody may put it back.
Result<Number> free_number(const Entries& entries) {
    for (std::uint32_t number = 0; number <= 0xffff; ++number) {
        const auto candidate = static_cast<Number>(number);
        if (!entries.options.contains(candidate) && !std::ranges::contains(entries.order, candidate)) return candidate;
    }
    return fail(Code::NoSpace, "the firmware has no number left for a boot entry");
}

std::string text_of(const std::vector<Number>& order) {
    std::vector<std::string> words;
    for (const Number number : order) words.push_back(std::format("{:04X}", number));
    return order.empty() ? "empty" : join(words, ",");
}

Result<> write_order(const fs::path& root, const std::vector<Number>& order) {
    std::string bytes;
    for (const Number number : order) append(bytes, number);
    return write_variable(root, "BootOrder", vendor::firmware, bytes);
}

Result<Number> restore_option(const fs::path& root, const Entries& entries, const std::vector<Number>& ours,
                              const Partition& esp, Repairs& repairs) {
    const Number number = ours.empty() ? TRY(free_number(entries)) : ours.front();
    if (!ours.empty() && is_right(*entries.options.at(number), esp)) return number;
    const auto bytes = TRY(encode({true, std::string(label), esp, loader_file()}));
    TRY(write_variable(root, name_of(number), vendor::firmware, bytes));
    crash_point("firmware.option");
    repairs.push_back(name_of(number) + (ours.empty() ? " was made: the firmware had no boot entry for this ESP"
                                                      : " was written anew: it was inactive, renamed or misplaced"));
    return number;
}

// The entry first, then the order that names it, and only then what nothing names any more goes away: cut anywhere,
// the firmware finds a boot loader of ours.
Result<std::string> restore_entry(const fs::path& root, const Partition& esp, Repairs& repairs) {
    const Entries entries = TRY(read_entries(root));
    const auto ours = our_entries(entries, esp);
    const Number number = TRY(restore_option(root, entries, ours, esp, repairs));
    std::vector<Number> order{number};
    for (const Number each : entries.order)
        if (each != number && !std::ranges::contains(ours, each)) order.push_back(each);
    if (order != entries.order) {
        TRY(write_order(root, order));
        crash_point("firmware.order");
        repairs.push_back("BootOrder is " + text_of(order) + ": it was " + text_of(entries.order));
    }
    for (const Number each : ours) {
        if (each == number) continue;
        TRY(remove_variable(root, name_of(each), vendor::firmware));
        crash_point("firmware.duplicate");
        repairs.push_back(name_of(each) + " was removed: it started the same as " + name_of(number));
    }
    return name_of(number);
}

// systemd-boot takes what they name, be its tries used up or not (systemd-boot(7), "EFI Variables").
Result<> remove_overrides(const fs::path& root, Repairs& repairs) {
    for (const std::string name : {"LoaderEntryDefault", "LoaderEntryOneShot"}) {
        const auto value = read_variable(root, name, vendor::loader);
        if (!value && value.error().code == Code::NotFound) continue;
        TRY(remove_variable(root, name, vendor::loader));
        crash_point("firmware.override");
        repairs.push_back("EFI variable " + name + " was removed: it asked for " +
                          (value ? "'" + from_utf16(*value).substr(0, 128) + "'" : "an entry") +
                          " whatever boot counting says");
    }
    return {};
}

}  // namespace

Result<Restored> restore_boot_entry(const fs::path& root, const Partition& esp) {
    Restored restored;
    std::optional<Error> failed;
    const auto note = [&failed](const auto& done) {
        if (done) return;
        failed = failed ? Error{failed->code, failed->what + "; " + done.error().what} : done.error();
    };
    const auto loader = restore_loader(root);
    note(loader);
    if (loader) restored.repairs = *loader;
    // Before anything is written into the firmware's memory: it may be full.
    note(remove_overrides(root, restored.repairs));
    const auto entry = restore_entry(root, esp, restored.repairs);
    note(entry);
    if (!failed) {
        restored.entry = *entry;
        return restored;
    }
    for (const auto& repair : restored.repairs) failed->what += "; all the same, " + repair;
    return std::unexpected(*failed);
}

}  // namespace holdfast::boot
