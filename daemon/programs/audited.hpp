// What the programs of a box have in common that put their deeds on record.
#pragma once

#include "audit/entry.hpp"
#include "base/said.hpp"
#include "base/words.hpp"

#include <filesystem>
#include <string>

namespace holdfast {

// For this program, on the box below `root`; warnings go to stderr.
audit::Place on_box(const std::filesystem::path& root);

// --why, for all verbs of a program.
inline void add_why(CLI::App& app, std::string& why) {
    app.add_option("--why", why, "Why you do this, for whoever looks at it later: holdfast audit show")
        ->type_name("WORDS")
        ->check(CLI::Validator([](const std::string& words) { return wrong_words(words); }, ""));
}

}  // namespace holdfast
