// A document as fields, each of which is merged by itself, and back.
#pragma once

#include "base/json.hpp"

#include <map>
#include <string>
#include <string_view>

namespace holdfast::catalog {

// Path (JSON Pointer, RFC 6901) and value (deterministic CBOR). Maps are taken apart; a list is one value, and so is a
// map with nothing in it.
using Fields = std::map<std::string, std::string, std::less<>>;

// The value of a field, read. Corrupt, with its path, where that is no CBOR or has more than 512 KiB.
Result<Json> value_at(const std::string& path, std::string_view bytes);

Fields fields_of(const Json& document);
// Where one field says that a place is a value and another one that there is a map, it is the map. Corrupt where a
// value is no CBOR, or a path none of ours.
Result<Json> document_of(const Fields& fields);

}  // namespace holdfast::catalog
