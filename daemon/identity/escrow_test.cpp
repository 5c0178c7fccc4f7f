#include "identity/escrow.hpp"

#include "identity/issue.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast;
using namespace holdfast::identity;

namespace {

struct Made {
    Key root_key = make_key().value(), key = make_key().value();
    Validity always{0, 4'000'000'000};
    std::string root = make_root(root_key.get(), "clinic.example", always).value();
    std::string certificate = make_escrow({root, root_key.get(), {}}, key.get(), "clinic.example", always).value();
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(the_holder_of_the_key_opens_it, Made) {
    const auto sealed = seal_secret(certificate, "cccccccc-dddddddd", "this box").value();
    BOOST_TEST(sealed.size() == 65U + 17 + 16);
    BOOST_TEST(open_secret(key.get(), sealed, "this box").value() == "cccccccc-dddddddd");
    // Nobody sees that the same was sealed twice.
    BOOST_TEST(sealed != seal_secret(certificate, "cccccccc-dddddddd", "this box").value());
}

BOOST_FIXTURE_TEST_CASE(nobody_else_does_and_nothing_may_be_changed, Made) {
    const auto sealed = seal_secret(certificate, "secret", "this box").value();
    BOOST_TEST((open_secret(root_key.get(), sealed, "this box").error().code == Code::Denied));
    BOOST_TEST((open_secret(key.get(), sealed, "another box").error().code == Code::Denied));
    for (std::size_t at = 0; at < sealed.size(); at += 7) {
        auto changed = sealed;
        changed[at] = static_cast<char>(changed[at] ^ 1);
        BOOST_TEST(!open_secret(key.get(), changed, "this box").has_value());
    }
    BOOST_TEST(!open_secret(key.get(), "", "this box").has_value());
    BOOST_TEST(!open_secret(key.get(), std::string(65, 'a'), "this box").has_value());
    BOOST_TEST(!open_secret(key.get(), std::string(escrow_limit + 1, 'a'), "this box").has_value());
}

BOOST_FIXTURE_TEST_CASE(a_certificate_for_something_else_is_refused, Made) {
    const auto leaf =
        make_leaf({root, root_key.get(), {}}, key.get(), {"clinic.example", "north", "v7", {}}, always).value();
    for (const auto& other : {root, leaf, std::string("no certificate")})
        BOOST_TEST((seal_secret(other, "secret", "").error().code == Code::Corrupt));
}
