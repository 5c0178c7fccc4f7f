#include "catalog/names.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>

namespace holdfast::catalog {

namespace {

constexpr std::size_t longest = 63, longest_domain = 253;

bool is_small(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}
bool is_any(char c) {
    return is_small(c) || (c >= 'A' && c <= 'Z');
}
bool fits(std::string_view word) {
    return !word.empty() && word.size() <= longest;
}

bool is_domain(std::string_view word) {
    return !word.empty() && word.size() <= longest_domain && std::ranges::all_of(split(word, '.'), is_label);
}

}  // namespace

bool is_name(std::string_view word) {
    return fits(word) && is_any(word.front()) && is_any(word.back()) &&
           std::ranges::all_of(word, [](char c) { return is_any(c) || c == '-' || c == '_' || c == '.'; });
}

bool is_label(std::string_view word) {
    return fits(word) && is_small(word.front()) && is_small(word.back()) &&
           std::ranges::all_of(word, [](char c) { return is_small(c) || c == '-'; });
}

bool is_prefixed_name(std::string_view word) {
    const auto slash = word.find('/');
    if (slash == std::string_view::npos) return is_name(word);
    return is_domain(word.substr(0, slash)) && is_name(word.substr(slash + 1));
}

bool is_tag(std::string_view word) {
    return fits(word) && std::ranges::all_of(split(word, '-'), [](const std::string& part) {
               return !part.empty() &&
                      std::ranges::all_of(part, [](char c) { return is_small(c) || c == ':' || c == '+' || c == '#'; });
           });
}

// WhiteSpace and LineTerminator of ECMA-262, sections 12.2 and 12.3, in UTF-8.
bool is_blank(std::string_view word) {
    static constexpr std::array<std::string_view, 25> spaces{
        " ",      "\t",     "\n",     "\v",     "\f",     "\r",     "\u00a0", "\u1680", "\u2000",
        "\u2001", "\u2002", "\u2003", "\u2004", "\u2005", "\u2006", "\u2007", "\u2008", "\u2009",
        "\u200a", "\u2028", "\u2029", "\u202f", "\u205f", "\u3000", "\ufeff"};
    while (!word.empty()) {
        const auto found = std::ranges::find_if(spaces, [&](std::string_view each) { return word.starts_with(each); });
        if (found == spaces.end()) return false;
        word.remove_prefix(found->size());
    }
    return true;
}

}  // namespace holdfast::catalog
