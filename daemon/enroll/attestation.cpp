#include "enroll/attestation.hpp"

#include "base/crash_point.hpp"
#include "base/file.hpp"
#include "tpm/attested.hpp"

#include <algorithm>
#include <format>

namespace holdfast::enroll {

namespace {

namespace fs = std::filesystem;

constexpr auto ending = ".evidence";
constexpr unsigned private_mode = 0600;

}  // namespace

Result<SelfCheck> look_at_itself(tpm::Tpm& tpm, const Node& node, const Wish& wish, std::vector<Reference> own) {
    const auto admitted = TRY(node.admitted());
    const auto evidence = TRY(node.evidence(tpm, wish));
    SelfCheck check{.evidence = write_request(evidence), .decision = {}};
    check.decision = attest(evidence, {.references = std::move(own),
                                       .manufacturers = {},
                                       .known_endorsement_keys = {},
                                       .secure_boot_keys = secure_boot_keys(admitted),
                                       .firmware_of_before = admitted.pcrs,
                                       .firmware_allowed = {}});
    return check;
}

std::string summary(const Decision& decision) {
    for (const auto worst : {Answer::No, Answer::Ask})
        for (const auto& check : decision.checks)
            if (check.answer == worst) return check.name + ": " + check.reason;
    return decision.checks.empty() ? "nothing was looked at" : decision.checks.back().reason;
}

Result<fs::path> EvidenceSpool::add(std::string_view evidence) const {
    const auto parsed = TRY(parse_evidence(evidence));
    const auto quoted = TRY(tpm::read_quote(parsed.quote.statement));
    const fs::path file = folder_ / std::format("{:010}-{:020}{}", quoted.resets, quoted.clock, ending);
    TRY(make_directories(folder_));
    TRY(write_whole(file, evidence, private_mode));
    crash_point("evidence.kept");
    auto all = waiting();
    for (std::size_t i = 0; i + kept < all.size(); ++i) {
        std::error_code none;
        fs::remove(all[i], none);
    }
    return file;
}

std::vector<fs::path> EvidenceSpool::waiting() const {
    std::vector<fs::path> files;
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(folder_, none))
        if (entry.path().extension() == ending) files.push_back(entry.path());
    std::ranges::sort(files);
    return files;
}

}  // namespace holdfast::enroll
