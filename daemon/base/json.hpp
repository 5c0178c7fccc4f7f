// JSON from outside, read strictly: errors as values, unknown keys refused, sizes limited.
#pragma once

#include "base/result.hpp"

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

using Json = nlohmann::json;

namespace json {

// The document, or Corrupt: not JSON, more than `limit` bytes, nested deeper than 32, or a key twice in one object.
Result<Json> parse(std::string_view text, std::size_t limit);

// One line, valid UTF-8 whatever the strings hold (a broken byte becomes U+FFFD).
std::string write(const Json& value);

// Refuses anything but an object with no other keys than `known`.
Result<> only(const Json& value, const std::vector<std::string_view>& known);

// The required member `key` of an object; Corrupt where it is missing or of another type.
Result<std::string> text(const Json& value, const char* key, std::size_t limit);
Result<bool> boolean(const Json& value, const char* key);
Result<double> number(const Json& value, const char* key);

}  // namespace json

}  // namespace holdfast
