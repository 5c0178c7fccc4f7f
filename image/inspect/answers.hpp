// An install.yaml before it goes onto a medium: what the installer would say of it.
#pragma once

#include "base/result.hpp"

#include <filesystem>

namespace holdfast::inspect {

// Corrupt, with file and line, for answers that the installer on `iso` would refuse, and for an ISO without one.
Result<> check_answers(const std::filesystem::path& iso, const std::filesystem::path& answers);

}  // namespace holdfast::inspect
