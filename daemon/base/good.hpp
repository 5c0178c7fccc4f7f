// For tests: what has to succeed, or has to fail, ends the test where it does not.
#pragma once

#include "base/result.hpp"

#include <boost/test/unit_test.hpp>
#include <string>
#include <type_traits>
#include <utility>

namespace holdfast::test {

template <class T>
T good(Result<T> result) {
    BOOST_REQUIRE_MESSAGE(result.has_value(), (result ? std::string() : result.error().what));
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

template <class T>
Error bad(const Result<T>& result) {
    BOOST_REQUIRE(!result.has_value());
    BOOST_TEST_MESSAGE(result.error().what);
    return result.error();
}

}  // namespace holdfast::test
