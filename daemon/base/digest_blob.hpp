// A digest in a database.
#pragma once

#include "base/digest.hpp"
#include "base/sqlite.hpp"

#include <algorithm>

namespace holdfast::sqlite {

inline BlobView view(const Digest& digest) {
    return {{reinterpret_cast<const char*>(digest.data()), digest.size()}};
}

inline Result<Digest> digest_of_blob(const Blob& blob) {
    Digest digest{};
    if (blob.bytes.size() != digest.size())
        return fail(Code::Corrupt, "a digest in a database has " + std::to_string(blob.bytes.size()) + " bytes");
    std::ranges::copy(blob.bytes, digest.begin());
    return digest;
}

}  // namespace holdfast::sqlite
