// What a release leaves in the registers and logs of a box that starts it.
#pragma once

#include "base/digest.hpp"
#include "base/result.hpp"

#include <map>
#include <set>
#include <string>

namespace holdfast::enroll {

// What a release's boot chain leaves in logs and registers (image/measure, the release's .measurements.json).
struct Reference {
    std::string ref, version, commit;
    Digest loader{}, uki{};         // Authenticode digests of systemd-boot and the UKI
    Digest kernel{};                // and of the kernel in it, which firmware measures only without Secure Boot
    std::map<char, Digest> addons;  // and of each slot's addon
    std::map<char, Digest> pcr_12;  // by slot: its command line
    std::set<Digest> pcr_11;        // one for each phase of the start that a box may ask from
    bool revoked = false;
};

// From what image/measure writes: NAME.measurements.json, and the same in the commit's signed metadata; `ref`,
// `version` and `commit` are not in it. Corrupt where it is something else.
Result<Reference> parse_reference(const std::string& measurements);

}  // namespace holdfast::enroll
