#include "boot/sbat.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <span>

namespace holdfast::boot {

namespace {

constexpr std::size_t text_limit = 64UL * 1024, line_limit = 1024, name_limit = 128;
constexpr std::size_t level_columns = 2, section_columns = 6;

bool printable(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
}

// shim keeps 16 bits of it.
std::optional<unsigned> generation(std::string_view digits) {
    std::uint16_t value = 0;
    const auto [end, error] = std::from_chars(digits.begin(), digits.end(), value);
    if (digits.empty() || error != std::errc() || end != digits.end()) return std::nullopt;
    return value;
}

Result<SbatComponent> parse_line(std::string_view line, std::size_t columns) {
    const auto fields = split(line, ',');
    // As shim counts them: a line with fewer fields, or an empty one among them, spoils the whole text.
    if (fields.size() < columns || std::ranges::contains(std::span(fields).first(columns), std::string()))
        return fail(Code::Corrupt, "fewer than " + std::to_string(columns) + " fields");
    if (fields[0].size() > name_limit || !printable(fields[0]))
        return fail(Code::Corrupt, "the name of the component is not plain text");
    const auto number = generation(fields[1]);
    if (!number) return fail(Code::Corrupt, "the generation of " + fields[0] + " is no number below 65536");
    return SbatComponent{fields[0], *number};
}

Result<std::vector<SbatComponent>> parse(std::string_view text, std::size_t columns) {
    if (text.size() > text_limit) return fail(Code::Corrupt, "SBAT: larger than 64 KiB, the most that is read");
    text = text.substr(0, text.find('\0'));
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);  // byte order mark, which shim skips, too
    std::vector<SbatComponent> components;
    std::size_t number = 0;
    for (const auto& line : split(text, '\n')) {
        if (++number > line_limit) return fail(Code::Corrupt, "SBAT: more than 1024 lines");
        const auto trimmed = trim(line);
        if (trimmed.empty()) continue;
        components.push_back(TRY(in("SBAT, line " + std::to_string(number), parse_line(trimmed, columns))));
    }
    return components;
}

}  // namespace

Result<std::vector<SbatComponent>> parse_sbat_level(std::string_view text) {
    return parse(text, level_columns);
}

Result<std::vector<SbatComponent>> parse_sbat_section(std::string_view text) {
    return parse(text, section_columns);
}

std::optional<std::string> outdated(const std::vector<SbatComponent>& level, const std::vector<SbatComponent>& image) {
    for (const auto& component : image) {
        const auto demanded = std::ranges::find(level, component.name, &SbatComponent::name);
        if (demanded != level.end() && component.generation < demanded->generation)
            return "its component " + component.name + " is of generation " + std::to_string(component.generation) +
                   ", and the SBAT level of this firmware demands " + std::to_string(demanded->generation);
    }
    return std::nullopt;
}

}  // namespace holdfast::boot
