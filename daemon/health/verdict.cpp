#include "health/verdict.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>

namespace holdfast::health {

namespace {

template <class T, std::size_t N>
std::optional<T> parse(std::string_view word, const std::array<T, N>& all) {
    const auto found = std::ranges::find(all, word, [](T each) { return text(each); });
    return found == all.end() ? std::nullopt : std::optional(*found);
}

void add_each(std::string& into, std::span<const Outcome> outcomes, Answer answer, std::string_view verb) {
    for (const auto& outcome : outcomes) {
        if (outcome.answer != answer) continue;
        into += "; " + std::string(text(outcome.kind)) + " " + outcome.name + " " + std::string(verb);
        if (!outcome.last_words.empty()) into += ": " + outcome.last_words;
    }
}

// Never in the middle of a UTF-8 character.
std::string_view shorten(std::string_view line) {
    if (line.size() <= last_words_limit) return line;
    std::size_t end = last_words_limit;
    while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xC0U) == 0x80U) --end;
    return line.substr(0, end);
}

}  // namespace

Answer answer_of_exit(int exit) {
    if (exit == 0) return Answer::Healthy;
    return exit == exit_cannot_tell ? Answer::CannotTell : Answer::Sick;
}

Verdict decide(std::span<const Outcome> outcomes) {
    const bool red = std::ranges::any_of(
        outcomes, [](const Outcome& each) { return each.kind == Kind::Required && each.answer == Answer::Sick; });
    return red ? Verdict::Red : Verdict::Green;
}

std::string explain(std::span<const Outcome> outcomes) {
    if (outcomes.empty()) return "there is no check";
    const auto healthy = std::ranges::count(outcomes, Answer::Healthy, &Outcome::answer);
    std::string words = std::to_string(healthy) + " of " + std::to_string(outcomes.size()) + " checks healthy";
    add_each(words, outcomes, Answer::Sick, "is sick");
    add_each(words, outcomes, Answer::CannotTell, "cannot tell");
    return words;
}

std::string last_line(std::string_view output) {
    std::string clean;
    for (const char c : valid_utf8(output)) clean += static_cast<unsigned char>(c) < 0x20 && c != '\n' ? ' ' : c;
    const std::string_view said = trim(clean);
    return std::string(shorten(trim(said.substr(said.rfind('\n') + 1))));
}

std::string_view text(Kind kind) {
    return kind == Kind::Required ? "required" : "wanted";
}

std::string_view text(Answer answer) {
    switch (answer) {
        case Answer::Healthy: return "healthy";
        case Answer::Sick: return "sick";
        case Answer::CannotTell: break;
    }
    return "cannot-tell";
}

std::string_view text(Verdict verdict) {
    switch (verdict) {
        case Verdict::Green: return "green";
        case Verdict::Red: return "red";
        case Verdict::Unknown: break;
    }
    return "unknown";
}

std::optional<Kind> parse_kind(std::string_view word) {
    return parse(word, std::array{Kind::Required, Kind::Wanted});
}

std::optional<Answer> parse_answer(std::string_view word) {
    return parse(word, std::array{Answer::Healthy, Answer::Sick, Answer::CannotTell});
}

std::optional<Verdict> parse_verdict(std::string_view word) {
    return parse(word, std::array{Verdict::Unknown, Verdict::Green, Verdict::Red});
}

}  // namespace holdfast::health
