// YAML whose keys are not known beforehand: as values of JSON, and back.
#pragma once

#include "base/json.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace holdfast::yaml {

struct Document {
    Json value;
    std::size_t line = 1;  // where it begins
};

// All documents of a text of at most 4 MiB, without empty ones. Scalars are what YAML 1.2's core schema (section 10.3)
// says: null, true, numbers, else texts. Corrupt, with `name` and the line: no YAML, no UTF-8, a key that stands twice
// or is no text, a tag of one's own, nested deeper than 32, or more than 200,000 values once aliases are followed.
Result<std::vector<Document>> documents(std::string_view text, const std::string& name);

// One document; a text that a reader would take for something else is quoted.
std::string write(const Json& value);

}  // namespace holdfast::yaml
