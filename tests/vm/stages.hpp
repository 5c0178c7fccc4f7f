// The stages of a start, told by the console lines that mark them.
#pragma once

#include "vm/transcript.hpp"

#include <functional>
#include <optional>
#include <string_view>
#include <vector>

namespace holdfast::vm {

enum class Stage { Firmware, Loader, Kernel, Userspace };
inline constexpr std::size_t stage_count = 4;
std::string_view text(Stage stage);  // "firmware", "systemd-boot", "kernel", "userspace"

// The stage that this line shows to be reached, if any.
std::optional<Stage> stage_of(std::string_view line);

// The stage that the machine is in: what the last line shows that shows any.
std::optional<Stage> latest_stage(const Transcript& console);

// Looks at each line once. A restart of the machine begins with the firmware again.
class Stages {
public:
    struct Reached {
        Stage stage;
        double seconds;  // since power-on
    };
    // The stages reached in lines that came since the last look; each once per start of the machine.
    std::vector<Reached> look(const Transcript& console);

private:
    std::size_t next_line_ = 0;
    std::optional<Stage> latest_;
};

}  // namespace holdfast::vm
