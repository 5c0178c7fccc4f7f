// What the verbs share: a machine that tells its stages, and the verdict for people and for programs.
#pragma once

#include "base/json.hpp"
#include "vm/machine.hpp"
#include "vm/stages.hpp"
#include "vm/verbs.hpp"

namespace holdfast::vm {

struct Started {
    std::unique_ptr<Machine> machine;
    std::shared_ptr<std::vector<Stages::Reached>> stages;
};

// Powers on, and prints each stage on stderr as it is reached.
Result<Started> start(Hardware hardware, const Bench& bench);

// The disk that shows what is in the image and takes the writes instead of it.
Result<Disk> disk_over(const std::filesystem::path& image, const std::filesystem::path& scratch);

// Waits for the verdict and prints it; then stays on the console where wanted and there is a terminal.
// 0 for green, 1 for anything else.
Result<int> to_verdict(const Started& started, const Bench& bench, bool console);

Json as_json(const std::vector<Stages::Reached>& stages);

}  // namespace holdfast::vm
