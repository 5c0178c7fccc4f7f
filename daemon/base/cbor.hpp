// CBOR (RFC 8949), deterministically encoded (section 4.2.1): one value has one encoding, so that bytes can be hashed
// and signed. Values are those of JSON and byte strings (Json::binary); keys are texts.
#pragma once

#include "base/json.hpp"

namespace holdfast::cbor {

std::string write(const Json& value);

// Corrupt: not CBOR, not in its one encoding, more than `limit` bytes, something behind it, nested deeper than 32,
// a tag, or a number that is neither a 64-bit integer nor finite.
Result<Json> parse(std::string_view bytes, std::size_t limit);

Json binary(std::string_view bytes);
// The required byte string `key` of a map; Corrupt where it is missing, of another type, or longer than `limit`.
Result<std::string> bytes(const Json& value, const char* key, std::size_t limit);
// The required integer from 0 on.
Result<std::uint64_t> count(const Json& value, const char* key);

}  // namespace holdfast::cbor
