// What bash offers at the end of a line.
#pragma once

#include "base/process.hpp"
#include "places.hpp"

#include <string>

namespace holdfast {

// For its last word, which may be '' or the beginning of one: each word between blanks, " --json --help ".
inline std::string offered(const std::string& line) {
    const std::string script = "source " + (source_folder() / "daemon/completion/holdfast").string() +
                               "; COMP_WORDS=(" + line +
                               "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _holdfast; "
                               "printf '%s ' \"${COMPREPLY[@]}\"";
    return " " + run({"bash", "-c", script}).value().output;
}

}  // namespace holdfast
