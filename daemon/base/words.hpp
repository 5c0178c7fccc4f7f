// The command line of a program: taken in, or the exit code that it ends with. For programs that link command_line.
#pragma once

#include "base/result.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

namespace holdfast {

inline constexpr int exit_usage = 64;  // EX_USAGE of sysexits.h

// What the help of a program tells last, and that of a verb as far as it is the verb's own.
struct Examples {
    std::string program;           // "holdfast enroll"
    std::vector<std::string> all;  // each begins with its verb
    std::string exit_codes;
};
void tell_examples(CLI::App& app, const Examples& examples, const std::string& verb = {});

// A verb that, where it is given, is what was chosen; what stands above it may follow it, too.
template <class Verb>
CLI::App* add_verb(CLI::App& app, const char* name, const char* help, Verb verb, Verb& chosen) {
    auto* made = app.add_subcommand(name, help)->fallthrough();
    made->callback([verb, &chosen] { chosen = verb; });
    return made;
}

// What `parse` refuses are wrong words.
template <class Parse>
CLI::Validator parsed_by(Parse parse) {
    return CLI::Validator(
        [parse](const std::string& words) {
            const auto meaning = parse(words);
            return meaning ? std::string() : meaning.error().what;
        },
        "");
}

std::optional<int> parse_words(CLI::App& app, int count, const char* const* words);

// Takes the words in, does what they chose (a Result with the exit code), and tells an error under the program's name.
template <class Work>
int run_words(CLI::App& app, int count, const char* const* words, const Work& work) {
    if (const auto over = parse_words(app, count, words)) return *over;
    const Result<int> done = work();
    if (done) return *done;
    std::fprintf(stderr, "%s: %s\n", app.get_name().c_str(), done.error().what.c_str());
    return exit_code(done.error().code);
}

}  // namespace holdfast
