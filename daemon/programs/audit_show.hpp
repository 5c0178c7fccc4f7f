// Deeds as people and their tools read them.
#pragma once

#include "audit/deeds.hpp"
#include "base/json.hpp"

#include <functional>
#include <string>
#include <vector>

namespace holdfast {

// Whose a deed is, and whether it was cut off, is for who knows this box.
struct Named {
    std::function<std::string(const Digest& origin)> node;
    std::function<std::string(const audit::Told& told)> state;
};

std::string deed_for_people(const audit::Told& told, const Named& named);
Json deed_in_json(const audit::Told& told, const Named& named);
// RFC 4180, with a line of headings. A text that a spreadsheet would take for a formula has an apostrophe in front.
std::string deeds_in_csv(const std::vector<audit::Told>& all, const Named& named);

// "2026-11-30", "2026-11-30T08:15", "90m", "12h", "7d": milliseconds since the epoch. Corrupt for anything else.
Result<std::int64_t> parse_since(const std::string& words, std::int64_t now);

}  // namespace holdfast
