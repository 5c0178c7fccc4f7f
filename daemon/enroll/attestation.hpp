// A box's own look at what it runs, and the evidence of it that waits for its way to the authority.
#pragma once

#include "enroll/decision.hpp"
#include "enroll/node.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::enroll {

struct SelfCheck {
    std::string evidence;  // the message for the authority
    Decision decision;     // Ask where only a person can tell, such as after an update of the firmware
};

// Quotes, and holds that against the box's `own` releases and against what it was admitted with: the owner's keys of
// Secure Boot, the firmware. NotFound where it was not admitted.
Result<SelfCheck> look_at_itself(tpm::Tpm& tpm, const Node& node, const Wish& wish, std::vector<Reference> own);

// One sentence for people: the first thing that is wrong, else what the box runs.
std::string summary(const Decision& decision);

// Evidence on disk, named so that it sorts as the TPM made it, whatever the clocks said.
class EvidenceSpool {
public:
    static constexpr std::size_t kept = 64;  // the oldest goes first beyond that
    explicit EvidenceSpool(const std::filesystem::path& root) : folder_(root / "var/lib/holdfast/evidence") {}
    Result<std::filesystem::path> add(std::string_view evidence) const;
    // Oldest first.
    std::vector<std::filesystem::path> waiting() const;

private:
    std::filesystem::path folder_;
};

}  // namespace holdfast::enroll
