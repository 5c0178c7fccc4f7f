// How long what an authority signs is valid.
#pragma once

#include "identity/certificate.hpp"

#include <cstdint>

namespace holdfast::hub {

inline constexpr std::int64_t day = 86'400;  // seconds

// From a day before it is made: clocks of boxes differ.
inline identity::Validity valid(std::int64_t now, std::int64_t days) {
    return {now - day, now + days * day};
}

}  // namespace holdfast::hub
