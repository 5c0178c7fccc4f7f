#include "telemetry/pattern.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <utility>

namespace holdfast::telemetry {

namespace {

constexpr std::size_t message_limit = 4096;  // bytes of a message that are looked at
constexpr std::size_t unit_limit = 128;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_hex(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool has_digit(std::string_view word) {
    return std::ranges::any_of(word, is_digit);
}

// What stands between words, and stays as it is.
constexpr std::string_view separators = " ()[]{}<>,;=\"'|`";

// At most so many bytes, and no half of a letter.
std::string cut(std::string_view text, std::size_t limit) {
    if (text.size() <= limit) return std::string(text);
    auto end = limit;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
    return std::string(text.substr(0, end));
}

std::string printable(std::string_view message) {
    auto text = valid_utf8(message.substr(0, message_limit));
    for (char& c : text)
        if (static_cast<unsigned char>(c) < ' ' || c == '\x7F') c = ' ';
    return std::string(trim(text));
}

// RFC 9562, section 4: 8-4-4-4-12 digits.
bool is_uuid(std::string_view word) {
    constexpr std::array groups{8UL, 4UL, 4UL, 4UL, 12UL};
    const auto parts = split(word, '-');
    return std::ranges::equal(parts, groups, [](const auto& part, auto size) {
        return part.size() == size && std::ranges::all_of(part, is_hex);
    });
}

bool is_mac(std::string_view word) {
    const auto parts = split(word, ':');
    return parts.size() == 6 && std::ranges::all_of(parts, [](const auto& part) {
               return part.size() == 2 && std::ranges::all_of(part, is_hex);
           });
}

bool is_ip(int family, std::string_view word) {
    std::array<unsigned char, sizeof(in6_addr)> bytes{};
    return ::inet_pton(family, std::string(word).c_str(), bytes.data()) == 1;
}

// With a port, a prefix length or an interface behind it, too.
bool is_address(std::string_view word) {
    if (is_mac(word)) return true;
    word = word.substr(0, word.find('/'));
    word = word.substr(0, word.find('%'));
    if (word.size() > 2 && is_ip(AF_INET6, word)) return true;
    return is_ip(AF_INET, word.substr(0, word.find(':')));
}

bool is_hex_number(std::string_view word) {
    constexpr std::size_t least = 8;
    if (word.starts_with("0x") || word.starts_with("0X"))
        return word.size() > 2 && std::ranges::all_of(word.substr(2), is_hex);
    return word.size() >= least && has_digit(word) && std::ranges::all_of(word, is_hex) &&
           !std::ranges::all_of(word, is_digit);
}

bool is_path(std::string_view word) {
    return word.size() > 1 && word.front() == '/' && word.find_first_not_of('/') != std::string_view::npos;
}

// Each run of digits, with what belongs to one number: "-3.5" and "3,5" are one, "1:2" are two.
std::string without_numbers(std::string_view word) {
    std::string made;
    for (std::size_t i = 0; i < word.size();) {
        if (!is_digit(word[i])) {
            made += word[i++];
            continue;
        }
        made += "<n>";
        while (i < word.size() &&
               (is_digit(word[i]) || (word[i] == '.' && i + 1 < word.size() && is_digit(word[i + 1]))))
            ++i;
    }
    return made;
}

// Up to what separates; of a URL, in which such letters may stand, up to what ends it.
std::string_view word_at(std::string_view text, std::size_t begin) {
    const auto rest = text.substr(begin);
    const auto until = [&](std::string_view ends) { return rest.substr(0, rest.find_first_of(ends)); };
    const auto word = until(separators);
    return word.contains("://") ? until(" <>\"'|`") : word;
}

std::string masked(std::string_view word) {
    if (const auto scheme = word.find("://"); scheme != std::string_view::npos && scheme > 0)
        return without_numbers(word.substr(0, scheme)) + "://<address>";
    // A sentence's end is not part of its last word.
    const auto end = word.find_last_not_of(".:!?");
    if (end == std::string_view::npos) return std::string(word);
    const auto core = word.substr(0, end + 1), tail = word.substr(end + 1);
    const char* mask = is_path(core)         ? "<path>"
                       : is_uuid(core)       ? "<uuid>"
                       : is_address(core)    ? "<address>"
                       : is_hex_number(core) ? "<hex>"
                                             : nullptr;
    return (mask ? mask : without_numbers(core)) + std::string(tail);
}

}  // namespace

std::string pattern_of(std::string_view message) {
    const auto text = printable(message);
    std::string made;
    for (std::size_t i = 0; i < text.size() && made.size() <= pattern_limit;) {
        if (separators.contains(text[i])) {
            made += text[i++];
            continue;
        }
        const auto word = word_at(text, i);
        made += masked(word);
        i += word.size();
    }
    return cut(made, pattern_limit);
}

// At the cost of the rarest of the least important ones, where those are less important than what has come.
bool Patterns::make_room(int priority) {
    const auto rank = [](const auto& each) { return std::pair(-each.second.priority, each.second.count); };
    const auto least = std::ranges::min_element(found_, {}, rank);
    if (least == found_.end() || least->second.priority <= priority) return false;
    others_[least->second.priority] += least->second.count;
    found_.erase(least);
    return true;
}

void Patterns::add(const Entry& entry) {
    if (entry.priority < 0 || entry.priority >= debug || entry.priority > limits_.priority) return;
    ++totals_[entry.priority];
    auto unit = cut(valid_utf8(entry.unit), unit_limit);
    // Scopes are numbered, one for each session or container.
    if (unit.ends_with(".scope")) unit = without_numbers(unit);
    const auto key = std::tuple(unit, entry.priority, pattern_of(entry.message));
    auto found = found_.find(key);
    if (found == found_.end()) {
        if (found_.size() >= limits_.patterns && !make_room(entry.priority)) {
            ++others_[entry.priority];
            return;
        }
        const Pattern fresh{unit,
                            entry.priority,
                            std::get<2>(key),
                            0,
                            entry.at,
                            entry.at,
                            cut(printable(entry.message), limits_.example)};
        found = found_.emplace(key, fresh).first;
    }
    auto& pattern = found->second;
    ++pattern.count;
    pattern.first = std::min(pattern.first, entry.at);
    pattern.last = std::max(pattern.last, entry.at);
}

Patterns::Result Patterns::finish() {
    Result all;
    for (auto& [key, pattern] : found_) all.patterns.push_back(std::move(pattern));
    found_.clear();
    all.others = std::exchange(others_, {});
    return all;
}

}  // namespace holdfast::telemetry
