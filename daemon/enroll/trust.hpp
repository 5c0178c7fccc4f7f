// Whether this box found that it runs what its release should leave in the TPM; kept until the next start.
#pragma once

#include "base/result.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace holdfast::enroll {

inline constexpr auto trust_folder = "run/holdfast/trust";

// A box that was not admitted anywhere, or could not ask its TPM, is Unknown: it is refused nothing.
enum class Standing { Unknown, Trusted, Untrusted };

struct Trust {
    Standing standing = Standing::Unknown;
    std::string reason;  // one sentence, for people, with the time at which it was looked at
};

std::filesystem::path trust_file(const std::filesystem::path& root);

// Unknown, with the reason, where nothing was written since the start or it cannot be read.
Trust read_trust(const std::filesystem::path& root);
Result<> write_trust(const std::filesystem::path& root, const Trust& trust);

// Denied on a box that found itself untrusted; `what` is refused: "a workload's certificate".
Result<> refuse_untrusted(const std::filesystem::path& root, const std::string& what);

std::string_view text(Standing standing);  // unknown, trusted, untrusted

}  // namespace holdfast::enroll
