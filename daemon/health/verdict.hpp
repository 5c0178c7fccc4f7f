// What a check can answer and what follows from all answers. Pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace holdfast::health {

// A sick required check makes the box red; a sick wanted one is only reported.
enum class Kind { Required, Wanted };

// "I could not look" is not "sick": no network or no clock must never roll a box back.
enum class Answer { Healthy, Sick, CannotTell };

enum class Verdict { Unknown, Green, Red };

struct Outcome {
    std::string name;
    Kind kind = Kind::Required;
    Answer answer = Answer::Healthy;
    std::string last_words;  // one line, at most `last_words_limit` bytes
    double seconds = 0;
};

inline constexpr std::size_t last_words_limit = 500;
inline constexpr int exit_cannot_tell = 75;  // EX_TEMPFAIL of sysexits.h

// 0 is healthy, 75 is cannot tell, everything else is sick.
Answer answer_of_exit(int exit);

// Red where a required check is sick, green otherwise (also where there is no check at all).
Verdict decide(std::span<const Outcome> outcomes);

// "4 of 5 checks healthy; required 20-var-writable.sh is sick: …": the sick ones first, then those that cannot tell.
std::string explain(std::span<const Outcome> outcomes);

// The last line that says something, in valid UTF-8, without control characters and not longer than `last_words_limit`
// bytes.
std::string last_line(std::string_view output);

std::string_view text(Kind kind);        // required, wanted
std::string_view text(Answer answer);    // healthy, sick, cannot-tell
std::string_view text(Verdict verdict);  // unknown, green, red
std::optional<Kind> parse_kind(std::string_view word);
std::optional<Answer> parse_answer(std::string_view word);
std::optional<Verdict> parse_verdict(std::string_view word);

}  // namespace holdfast::health
