// How entities stand in the database.
#pragma once

#include "base/digest_blob.hpp"
#include "catalog/merge.hpp"

namespace holdfast::catalog {

using sqlite::Blob;
using sqlite::BlobView;
using sqlite::digest_of_blob;
using sqlite::view;
using Number = std::int64_t;

inline std::string_view kind_of(std::string_view name) {
    return name.substr(0, name.find(':'));
}
// The namespace in kind:namespace/name.
inline std::string_view space_of(std::string_view name) {
    const auto colon = name.find(':'), slash = name.find('/');
    return name.substr(colon + 1, slash - colon - 1);
}

// What is said of that entity, and who it is, without what others add to it.
Result<Json> said_document(const std::string& name, const Merged& merged, Rank rank);

}  // namespace holdfast::catalog
