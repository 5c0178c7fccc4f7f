// Where the lines of a health run go: stdout, and the system console unless stdout is a terminal already.
#pragma once

#include "agent/health_run.hpp"
#include "base/handle.hpp"

#include <string>

namespace holdfast {

class Console {
public:
    // Without a console to write to, lines go to stdout only.
    Console();
    void say(agent::Audience audience, const std::string& line) const;

private:
    Fd console_;
};

}  // namespace holdfast
