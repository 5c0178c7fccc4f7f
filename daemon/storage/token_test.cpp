#include "storage/token.hpp"

#include "base/json.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast;
using namespace holdfast::storage;

namespace {

// As systemd-cryptenroll 257 wrote it, without the parts that are nobody's business here.
Json token() {
    return Json::parse(R"({"type": "systemd-tpm2", "keyslots": ["2"], "tpm2-blob": "AJ4=", "tpm2-pcrs": [7],
        "tpm2-pcr-bank": "sha256", "tpm2-primary-alg": "ecc",
        "tpm2-policy-hash": "b897014a11499ee66ebf164cf8ba6dae2ef9baf058c90ec86577b0e8c2dbd031",
        "tpm2_pubkey_pcrs": [11], "tpm2_pubkey": "UEVNIQ=="})");
}

bool refused(const char* key, const Json& value) {
    auto changed = token();
    changed[key] = value;
    const auto parsed = parse_token(changed.dump());
    return !parsed && parsed.error().code == Code::Corrupt;
}

}  // namespace

BOOST_AUTO_TEST_CASE(what_systemd_writes_is_read) {
    const Seal seal = parse_token(token().dump()).value();
    BOOST_TEST(seal.pcrs == std::vector<unsigned>{7}, boost::test_tools::per_element());
    BOOST_TEST(seal.signed_pcrs == std::vector<unsigned>{11}, boost::test_tools::per_element());
    BOOST_TEST(seal.public_key == "PEM!");
    BOOST_TEST(seal.policy[0] == 0xb8);
    BOOST_TEST(!seal.pin);
    auto with_pin = token();
    with_pin["tpm2-pin"] = true;
    BOOST_TEST(parse_token(with_pin.dump()).value().pin);
}

BOOST_AUTO_TEST_CASE(what_is_no_such_token_is_refused) {
    BOOST_TEST(refused("type", "luks2-keyring"));
    BOOST_TEST(refused("tpm2-pcrs", "7"));
    BOOST_TEST(refused("tpm2-pcrs", Json::array({24})));
    BOOST_TEST(refused("tpm2-pcrs", Json::array({-1})));
    BOOST_TEST(refused("tpm2-policy-hash", "b897"));
    BOOST_TEST(refused("tpm2_pubkey", "!!"));
    BOOST_TEST(refused("tpm2-pin", "yes"));
    BOOST_TEST(!parse_token("[]").has_value());
    BOOST_TEST(!parse_token("").has_value());
}
