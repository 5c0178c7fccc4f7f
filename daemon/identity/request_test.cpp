#include "identity/request.hpp"

#include <boost/test/unit_test.hpp>
#include <openssl/ec.h>
#include <openssl/rsa.h>

using namespace holdfast;
using namespace holdfast::identity;

BOOST_AUTO_TEST_CASE(a_request_says_its_key_and_its_trust_domain) {
    const auto key = make_key().value();
    const auto read = parse_authority_request(write_authority_request(key.get(), "clinic.example").value()).value();
    BOOST_TEST(EVP_PKEY_eq(read.key.get(), key.get()) == 1);
    BOOST_TEST(read.trust_domain == "clinic.example");
}

BOOST_AUTO_TEST_CASE(names_that_are_none_are_refused) {
    const auto key = make_key().value();
    for (const auto* name : {"", "clinic,URI:spiffe://other", "clinic..example", "Clinic.example"})
        BOOST_TEST(!write_authority_request(key.get(), name).has_value(), name);
}

BOOST_AUTO_TEST_CASE(what_was_changed_cut_or_is_too_large_is_refused) {
    const auto key = make_key().value();
    const auto pem = write_authority_request(key.get(), "clinic.example").value();
    for (std::size_t size = 0; size + 30 < pem.size(); ++size)
        BOOST_TEST(!parse_authority_request(pem.substr(0, size)).has_value());
    for (std::size_t at = 60; at + 60 < pem.size(); at += 7) {
        auto changed = pem;
        changed[at] = changed[at] == 'A' ? 'B' : 'A';
        if (changed != pem) BOOST_TEST(!parse_authority_request(changed).has_value());
    }
    BOOST_TEST(!parse_authority_request(std::string(request_limit, ' ') + pem).has_value());
}

BOOST_AUTO_TEST_CASE(another_kind_of_key_is_refused) {
    const Key rsa(EVP_RSA_gen(2048)), large(EVP_EC_gen("P-384"));
    for (auto* key : {rsa.get(), large.get()}) {
        const auto read = parse_authority_request(write_authority_request(key, "clinic.example").value());
        BOOST_REQUIRE(!read);
        BOOST_TEST(read.error().what.contains("P-256"));
    }
}
