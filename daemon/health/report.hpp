// The health report: written once a boot by holdfast-health, read by holdfastd.
#pragma once

#include "base/result.hpp"
#include "health/verdict.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::health {

// Under /run, so that a report never outlives the boot that it speaks of.
inline constexpr const char* report_directory = "run/holdfast";
inline constexpr const char* report_name = "health.json";

struct Report {
    Verdict verdict = Verdict::Unknown;
    std::string explanation;
    std::vector<Outcome> checks;
};

// {"format":1,"verdict":"green","explanation":"…","checks":[{"name":…,"kind":…,"answer":…,"last_words":…,"seconds":…}]}
std::string to_json(const Report& report);
// Corrupt for anything else, for unknown keys, more than 1000 checks or a text of more than 4096 bytes.
Result<Report> parse_report(std::string_view text);

Result<> write_report(const std::filesystem::path& root, const Report& report);
// NotFound while the checks have not finished. At most 4 MiB.
Result<Report> read_report(const std::filesystem::path& root);

}  // namespace holdfast::health
