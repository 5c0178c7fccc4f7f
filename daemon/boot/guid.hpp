// 8be4df61-93ca-11d2-aa0d-00e098032b8c as text and as 16 bytes; of those the first three fields are little-endian
// (UEFI 2.10, appendix A).
#pragma once

#include "base/result.hpp"

#include <string>
#include <string_view>

namespace holdfast::boot {

inline constexpr std::size_t guid_size = 16;

// Lower-case; Corrupt where it is not a GUID.
Result<std::string> guid_text(std::string_view bytes);
Result<std::string> guid_bytes(std::string_view text);

}  // namespace holdfast::boot
