// Updates as a person or a program reads them.
#pragma once

#include "cli/show.hpp"
#include "cli/updates.hpp"

#include <string>

namespace holdfast::cli {

std::string update_for_people(const Update& update, Colours colours);
std::string update_for_programs(const Update& update);
std::string finished_for_programs(const Update::Finished& finished, const Update& update);

// Each attempt with its version, its end, its cause and how long its steps took; newest first.
std::string history_for_people(const Json& history, Colours colours);

// "downloading   45 % [#########-----------] 12.3 of 27.0 MiB, 1.2 MiB/s", without an end of line.
std::string progress_bar(const Update::Work& work, double bytes_per_second);

}  // namespace holdfast::cli
