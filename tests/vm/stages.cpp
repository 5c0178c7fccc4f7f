#include "vm/stages.hpp"

#include <algorithm>
#include <array>

namespace holdfast::vm {

namespace {

struct Mark {
    std::string_view words;
    Stage stage;
};
// EDK II's boot manager, systemd-boot and systemd-stub, the kernel, systemd; several where settings decide what is
// shown.
constexpr std::array marks{
    Mark{"BdsDxe: loading ", Stage::Firmware},
    Mark{"BdsDxe: starting ", Stage::Loader},
    Mark{"EFI stub: ", Stage::Kernel},
    Mark{"Linux version ", Stage::Kernel},
    Mark{"running in system mode", Stage::Userspace},
    Mark{"Welcome to ", Stage::Userspace},
};

}  // namespace

std::string_view text(Stage stage) {
    constexpr std::array<std::string_view, stage_count> names{"firmware", "systemd-boot", "kernel", "userspace"};
    return names[static_cast<std::size_t>(stage)];
}

std::optional<Stage> stage_of(std::string_view line) {
    const auto found = std::ranges::find_if(marks, [&](const Mark& mark) { return line.contains(mark.words); });
    return found == marks.end() ? std::nullopt : std::optional(found->stage);
}

std::optional<Stage> latest_stage(const Transcript& console) {
    for (std::size_t number = console.end(); number > console.first(); --number)
        if (const auto stage = stage_of(console.at(number - 1).text)) return stage;
    return std::nullopt;
}

std::vector<Stages::Reached> Stages::look(const Transcript& console) {
    std::vector<Reached> reached;
    for (next_line_ = std::max(next_line_, console.first()); next_line_ < console.end(); ++next_line_) {
        const auto& line = console.at(next_line_);
        const auto stage = stage_of(line.text);
        if (!stage || (*stage != Stage::Firmware && latest_ && *stage <= *latest_) || stage == latest_) continue;
        latest_ = stage;
        reached.push_back({*stage, line.seconds});
    }
    return reached;
}

}  // namespace holdfast::vm
