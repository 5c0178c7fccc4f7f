// One health run from checks to verdict, report and decision: what holdfast-health does.
#pragma once

#include "agent/decision.hpp"
#include "agent/status.hpp"
#include "health/checks.hpp"

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::agent {

// Our own checks for this image, few and quick: what every box must have whatever its profile.
std::vector<health::BuiltIn> built_in_checks(const std::filesystem::path& root, const Result<Release>& release);

// The console is for a person or a machine that watches the box start; the journal gets everything.
enum class Audience { Console, Journal };

// One line, without the newline.
using Say = std::function<void(Audience audience, const std::string& line)>;

// Runs the checks, says each, decides, writes the report, says the verdict line, runs green.d or red.d.
// Returns what is to be done. The verdict line is the only one that starts "holdfast: verdict", and the last one
// for the console.
Action run_health(const std::filesystem::path& root, const health::Limits& limits, const Say& say);

// For a slot on trial alone: returns at once where none runs, else when the deadline of update.yaml has passed since
// the start, and the time as well that its runtime's data took to be saved. Where there is no verdict then, or a green
// one that did not end in a blessing, the slot is red, the next one is told why, and what follows is as for any red
// verdict. `reach_esp` is called first: the slot may hang before the EFI system partition was mounted.
Action run_deadline(const std::filesystem::path& root, const Say& say, const std::function<void()>& reach_esp);

// Does what was decided. `reboot` is request_reboot on a box. Where the reboot cannot be had, that is said, and the
// report no longer claims that it comes.
using Reboot = std::function<Result<>()>;
void carry_out(Action action, const std::filesystem::path& root, const Reboot& reboot, const Say& say);

// "holdfast: verdict red slot=a tries_left=2 board=… profile=… version=… checks=4/5"; "unknown" for what is not known.
std::string verdict_line(const Status& status, int tries_left);

// "holdfast: check required 20-var-writable.sh healthy 0.02s", with the last words unless healthy.
std::string check_line(const health::Outcome& outcome);

}  // namespace holdfast::agent
