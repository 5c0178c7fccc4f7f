// The command line of a program: taken in, or the exit code that it ends with. For programs that link CLI11.
#pragma once

#include "base/text.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <optional>

namespace holdfast {

inline constexpr int exit_usage = 64;  // EX_USAGE of sysexits.h

// "holdfast update: there is no verb 'chek'; did you mean 'check'?"
inline std::string missing_verb(const CLI::App& app) {
    const CLI::App* group = &app;
    std::string program = app.get_name();
    while (!group->get_subcommands().empty()) {
        group = group->get_subcommands().front();
        program += " " + group->get_name();
    }
    std::vector<std::string> verbs;
    for (const auto* verb : group->get_subcommands([](const CLI::App*) { return true; }))
        verbs.push_back(verb->get_name());
    const auto words = app.remaining(true);
    if (words.empty()) return program + ": which verb? One of: " + join(verbs, ", ");
    const std::string meant = nearest(words.front(), verbs);
    return program + ": there is no verb '" + words.front() + "'" +
           (meant.empty() ? "; there are: " + join(verbs, ", ") : "; did you mean '" + meant + "'?");
}

inline std::optional<int> parse_words(CLI::App& app, int count, const char* const* words) {
    try {
        app.parse(count, words);
    } catch (const CLI::RequiredError& error) {
        // Its own text says that something is required, and not what was wrong.
        if (!std::string_view(error.what()).contains("subcommand")) return app.exit(error), exit_usage;
        std::fprintf(stderr, "%s\nMore with: %s --help\n", missing_verb(app).c_str(), app.get_name().c_str());
        return exit_usage;
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : exit_usage;
    }
    return std::nullopt;
}

}  // namespace holdfast
