#include "catalog/url.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cctype>
#include <string>

namespace holdfast::catalog {

namespace {

bool is_alpha(char c) {
    return std::isalpha(static_cast<unsigned char>(c)) != 0 && static_cast<unsigned char>(c) < 128;
}
bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// Spaces and control characters around it, and tabs and newlines anywhere, are not there.
std::string cleaned(std::string_view text) {
    const auto is_edge = [](char c) { return static_cast<unsigned char>(c) <= 0x20; };
    while (!text.empty() && is_edge(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_edge(text.back())) text.remove_suffix(1);
    std::string all(text);
    std::erase_if(all, [](char c) { return c == '\t' || c == '\n' || c == '\r'; });
    return all;
}

bool has_any(std::string_view word, std::string_view letters) {
    return word.find_first_of(letters) != std::string_view::npos;
}

// A "%" with two digits is that letter.
std::string decoded(std::string_view host) {
    std::string all;
    for (std::size_t i = 0; i < host.size(); ++i) {
        const auto byte = host[i] == '%' ? unhex(host.substr(i + 1, 2)) : std::nullopt;
        all += byte && byte->size() == 1 ? byte->front() : host[i];
        if (byte && byte->size() == 1) i += 2;
    }
    return all;
}

// What is left of a number: decimal, 0x…, or octal with a 0 in front. False where it is none.
bool is_number(std::string_view part) {
    if (part.starts_with("0x") || part.starts_with("0X"))
        return std::ranges::all_of(part.substr(2), [](char c) { return std::isxdigit(static_cast<unsigned char>(c)); });
    return !part.empty() && std::ranges::all_of(part, is_digit);
}

bool is_octal_or_decimal(std::string_view part) {
    if (part.size() < 2 || part.front() != '0' || part.starts_with("0x") || part.starts_with("0X")) return true;
    return std::ranges::all_of(part, [](char c) { return c >= '0' && c <= '7'; });
}

unsigned long long value_of(const std::string& part) {
    try {
        return part.empty() || part == "0x" || part == "0X" ? 0 : std::stoull(part, nullptr, 0);
    } catch (const std::exception&) {
        return ~0ULL;
    }
}

// Section 3.5: a host whose last part is a number is an address of IPv4, or nothing.
bool is_address(std::string_view host) {
    auto parts = split(host, '.');
    if (parts.back().empty() && parts.size() > 1) parts.pop_back();
    if (parts.size() > 4) return false;
    if (!std::ranges::all_of(parts, [](const auto& part) { return is_number(part) && is_octal_or_decimal(part); }))
        return false;
    for (std::size_t i = 0; i + 1 < parts.size(); ++i)
        if (value_of(parts[i]) > 255) return false;
    return value_of(parts.back()) < 1ULL << (8 * (5 - parts.size()));
}

bool ends_in_number(std::string_view host) {
    auto parts = split(host, '.');
    if (parts.back().empty()) {
        if (parts.size() == 1) return false;
        parts.pop_back();
    }
    return is_number(parts.back());
}

bool is_ipv6(std::string_view host) {
    std::array<unsigned char, 16> address{};
    return host.ends_with(']') &&
           ::inet_pton(AF_INET6, std::string(host.substr(1, host.size() - 2)).c_str(), address.data()) == 1;
}

bool is_host(std::string_view host, bool special) {
    if (host.starts_with('[')) return is_ipv6(host);
    const std::string name = special ? decoded(host) : std::string(host);
    const bool forbidden = std::ranges::any_of(name, [&](char c) {
        const auto byte = static_cast<unsigned char>(c);
        if (std::string_view(" #/:<>?@[\\]^|").contains(c) || byte == 0) return true;
        return special && (byte < 0x20 || byte == 0x7f || c == '%');
    });
    if (forbidden || (special && name.empty())) return false;
    return !special || !ends_in_number(name) || is_address(name);
}

bool is_port(std::string_view port) {
    if (!std::ranges::all_of(port, is_digit)) return false;
    const auto first = port.find_first_not_of('0');
    const std::string digits(first == std::string_view::npos ? "" : port.substr(first));
    return digits.size() <= 5 && (digits.empty() || std::stoul(digits) <= 65'535);
}

// user:password@host:port
bool is_authority(std::string_view authority, bool special) {
    const auto at = authority.rfind('@');
    std::string_view host = at == std::string_view::npos ? authority : authority.substr(at + 1);
    if (at != std::string_view::npos && host.empty()) return false;
    const auto bracket = host.rfind(']');
    const auto colon = host.find(':', host.starts_with('[') && bracket != std::string_view::npos ? bracket : 0);
    if (colon != std::string_view::npos) {
        if (colon == 0 || !is_port(host.substr(colon + 1))) return false;
        host = host.substr(0, colon);
    }
    return is_host(host, special) || (!special && host.empty());
}

}  // namespace

bool is_url(std::string_view text) {
    const std::string all = cleaned(text);
    const auto colon = all.find(':');
    if (colon == std::string::npos || colon == 0 || !is_alpha(all.front())) return false;
    std::string scheme = all.substr(0, colon);
    if (!std::ranges::all_of(scheme,
                             [](char c) { return is_alpha(c) || is_digit(c) || c == '+' || c == '-' || c == '.'; }))
        return false;
    std::ranges::transform(scheme, scheme.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    std::string_view rest(all);
    rest.remove_prefix(colon + 1);
    const bool special =
        std::ranges::contains(std::initializer_list<std::string_view>{"http", "https", "ws", "wss", "ftp"}, scheme);
    if (special) {
        rest.remove_prefix(std::min(rest.find_first_not_of("/\\"), rest.size()));
        return is_authority(rest.substr(0, rest.find_first_of("/\\?#")), true);
    }
    if (scheme == "file") {
        if (!rest.starts_with("//") && !rest.starts_with("\\\\")) return true;
        rest.remove_prefix(2);
        const auto host = rest.substr(0, rest.find_first_of("/\\?#"));
        return host.empty() || (host.size() == 2 && is_alpha(host[0]) && has_any(host.substr(1), ":|")) ||
               is_host(host, true);
    }
    if (!rest.starts_with("//")) return true;
    rest.remove_prefix(2);
    return is_authority(rest.substr(0, rest.find_first_of("/?#")), false);
}

}  // namespace holdfast::catalog
