#include "storage/signatures.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast;
using namespace holdfast::storage;

BOOST_AUTO_TEST_CASE(whoever_signed_is_named_once) {
    const auto signers = parse_signers(R"({"sha256": [{"pcrs": [11], "pkfp": "aa", "pol": "01", "sig": "AA=="},
                                                      {"pcrs": [11], "pkfp": "aa", "pol": "02", "sig": "AA=="},
                                                      {"pcrs": [11], "pkfp": "bb", "pol": "01", "sig": "AA=="}]})");
    BOOST_TEST(signers.value() == (Fingerprints{"aa", "bb"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(anything_else_is_refused) {
    for (const auto* text : {"", "[]", R"({"sha256": 1})", R"({"sha256": [)"})
        BOOST_TEST((parse_signers(text).error().code == Code::Corrupt));
    BOOST_TEST(parse_signers(R"({"sha256": [{"pcrs": [11]}, 3]})").value().empty());
}
