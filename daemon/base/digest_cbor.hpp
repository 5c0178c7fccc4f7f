// A digest in CBOR: a byte string of 32.
#pragma once

#include "base/cbor.hpp"
#include "base/digest.hpp"

#include <algorithm>

namespace holdfast::cbor {

inline Json binary(const Digest& digest) {
    return binary(std::string_view(reinterpret_cast<const char*>(digest.data()), digest.size()));
}

// Corrupt where it is something else.
inline Result<Digest> digest(const Json& value) {
    Digest found{};
    if (!value.is_binary() || value.get_binary().size() != found.size()) return fail(Code::Corrupt, "a digest is none");
    std::ranges::copy(value.get_binary(), found.begin());
    return found;
}

}  // namespace holdfast::cbor
