#include "vm/verdict.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>

namespace holdfast::vm {

namespace {

constexpr std::string_view opening = "holdfast: verdict ";

using Words = std::map<std::string, std::string, std::less<>>;

std::unexpected<Error> broken(std::string_view why) {
    return fail(Code::Corrupt, "verdict line: " + std::string(why));
}

Result<int> whole(std::string_view text, std::string_view name, int lowest) {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < lowest)
        return broken(std::string(name) + " is not a number");
    return value;
}

Result<Words> words_of(std::string_view text) {
    Words words;
    for (const auto& word : split(text, ' ')) {
        if (word.empty()) continue;
        const auto equals = word.find('=');
        if (equals == std::string::npos || equals == 0) return broken("a word without '='");
        if (!words.emplace(word.substr(0, equals), word.substr(equals + 1)).second)
            return broken(word.substr(0, equals) + " stands twice");
    }
    return words;
}

Result<std::string> word(const Words& words, std::string_view name) {
    const auto found = words.find(name);
    if (found == words.end() || found->second.empty()) return broken(std::string(name) + " is missing");
    return found->second;
}

Result<> count_checks(std::string_view text, Verdict& verdict) {
    const auto slash = text.find('/');
    if (slash == std::string_view::npos) return broken("checks is not HEALTHY/ALL");
    verdict.healthy = TRY(whole(text.substr(0, slash), "checks", 0));
    verdict.checks = TRY(whole(text.substr(slash + 1), "checks", 0));
    if (verdict.healthy > verdict.checks) return broken("more healthy checks than checks");
    return {};
}

}  // namespace

bool is_verdict(std::string_view line) {
    return line.contains(opening);
}

Result<Verdict> parse_verdict(std::string_view line) {
    if (line.size() > verdict_line_limit) return broken("too long");
    const auto begin = line.find(opening);
    if (begin == std::string_view::npos) return broken("none here");
    line.remove_prefix(begin + opening.size());
    const auto space = line.find(' ');
    if (space == std::string_view::npos) return broken("it stops after the colour");

    Verdict verdict{.colour = std::string(line.substr(0, space))};
    if (!std::ranges::contains(std::array<std::string_view, 3>{"green", "red", "unknown"}, verdict.colour))
        return broken("the colour is none of green, red, unknown");
    const Words words = TRY(words_of(trim(line.substr(space))));
    verdict.slot = TRY(word(words, "slot"));
    if (verdict.slot != "a" && verdict.slot != "b" && verdict.slot != "unknown") return broken("slot is not a or b");
    const std::string tries = TRY(word(words, "tries_left"));
    const int left = TRY(whole(tries, "tries_left", -1));
    if (left >= 0) verdict.tries_left = left;
    verdict.board = TRY(word(words, "board"));
    verdict.profile = TRY(word(words, "profile"));
    verdict.version = TRY(word(words, "version"));
    const std::string checks = TRY(word(words, "checks"));
    TRY(count_checks(checks, verdict));
    return verdict;
}

}  // namespace holdfast::vm
