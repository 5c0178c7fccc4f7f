// holdfast update …: the verbs of the command line for updates.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

namespace holdfast {

// Adds the verbs; the one that was called is put into `chosen`, which returns the exit code.
void add_updates(CLI::App& app, const std::string& bus, std::function<int()>& chosen);

}  // namespace holdfast
