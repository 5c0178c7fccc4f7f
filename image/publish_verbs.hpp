// The verbs that hand images out: publish and serve.
#pragma once

#include "base/result.hpp"

#include <CLI/CLI.hpp>
#include <functional>

namespace holdfast {

// Puts both verbs into the program; the one that was called is put into `chosen`.
void add_publishing(CLI::App& app, const bool& json, std::function<Result<int>()>& chosen);

}  // namespace holdfast
