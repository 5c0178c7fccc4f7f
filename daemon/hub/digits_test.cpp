#include "hub/digits.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast;
using namespace holdfast::hub;

namespace {

const std::vector<std::string> all{"abcdef0123", "abcdef9999", "0011223344"};

Result<std::string> one(std::string_view digits) {
    return whole(digits, all, "commit", "holdfast hub release list");
}

}  // namespace

BOOST_AUTO_TEST_CASE(six_digits_are_enough_where_they_are_one_s_alone) {
    BOOST_TEST(one("001122").value() == all[2]);
    BOOST_TEST(one(" ABCDEF0 ").value() == all[0]);
    BOOST_TEST(one(all[1]).value() == all[1]);
}

BOOST_AUTO_TEST_CASE(others_are_told_what_to_look_at) {
    BOOST_TEST((one("00112").error().code == Code::Corrupt));
    BOOST_TEST((one("").error().code == Code::Corrupt));
    BOOST_TEST((one("latest").error().code == Code::Corrupt));
    BOOST_TEST(one("abcdef").error().what ==
               "more than one commit begins with abcdef: abcdef0123, abcdef9999; give more digits");
    BOOST_TEST((one("777777").error().code == Code::NotFound));
    BOOST_TEST(one("777777").error().what == "no commit begins with 777777; look with: holdfast hub release list");
}
