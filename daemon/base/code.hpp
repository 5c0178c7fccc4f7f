// What the error codes are called outside of a program: in JSON, and as errors on D-Bus.
#pragma once

#include "base/result.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

namespace holdfast {

struct CodeName {
    Code code;
    std::string_view text;  // in JSON
    const char* error;      // on D-Bus
};

inline constexpr std::array code_names{CodeName{Code::NotFound, "not-found", "org.holdfast.Error.NotFound"},
                                       CodeName{Code::Denied, "denied", "org.holdfast.Error.Denied"},
                                       CodeName{Code::Corrupt, "corrupt", "org.holdfast.Error.Corrupt"},
                                       CodeName{Code::Offline, "offline", "org.holdfast.Error.Offline"},
                                       CodeName{Code::NoSpace, "no-space", "org.holdfast.Error.NoSpace"},
                                       CodeName{Code::Busy, "busy", "org.holdfast.Error.Busy"},
                                       CodeName{Code::Bug, "bug", "org.holdfast.Error.Bug"}};

constexpr const CodeName& name_of(Code code) {
    return *std::ranges::find(code_names, code, &CodeName::code);
}

constexpr std::optional<Code> parse_code(std::string_view text) {
    const auto* found = std::ranges::find(code_names, text, &CodeName::text);
    return found == code_names.end() ? std::nullopt : std::optional(found->code);
}

}  // namespace holdfast
