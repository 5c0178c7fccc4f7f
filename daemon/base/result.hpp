// Errors are values: one type, seven codes, one macro.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace holdfast {

// Decide on the code; `what` is for people and says what happened, where, and what to do next.
enum class Code { NotFound, Denied, Corrupt, Offline, NoSpace, Busy, Bug };

struct Error {
    Code code;
    std::string what;
};

template <class T = void>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(Code code, std::string what) {
    return std::unexpected(Error{code, std::move(what)});
}

// Puts the place in front of an error that passes by: "release key: /x/y: no such file".
template <class T>
Result<T> in(std::string_view place, Result<T> result) {
    if (!result) result.error().what.insert(0, std::string(place) + ": ");
    return result;
}

// The exit code of a command that ends with this error, for scripts (sysexits.h where it has one).
constexpr int exit_code(Code code) {
    switch (code) {
        case Code::NotFound: return 66;  // EX_NOINPUT
        case Code::Denied: return 77;    // EX_NOPERM
        case Code::Corrupt: return 65;   // EX_DATAERR
        case Code::Offline: return 69;   // EX_UNAVAILABLE
        case Code::NoSpace: return 74;   // EX_IOERR
        case Code::Busy: return 75;      // EX_TEMPFAIL
        case Code::Bug: return 70;       // EX_SOFTWARE
    }
    return 70;
}

}  // namespace holdfast

// Hands the value on, or leaves the function with the error. A GNU statement expression: never nest it.
#define TRY(expr)                                                                   \
    __extension__({                                                                 \
        auto&& tried_result = (expr);                                               \
        if (!tried_result) return std::unexpected(std::move(tried_result).error()); \
        std::move(tried_result).value();                                            \
    })
