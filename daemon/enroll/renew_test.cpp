#include "enroll/renew.hpp"

#include "identity/issue.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast;
using namespace holdfast::enroll;

namespace {

constexpr std::int64_t begin = 1'790'000'000, day = 86'400;

// A box by an authority whose certificate ends at `authority`, and its own after 90 days.
struct Given {
    explicit Given(std::int64_t authority = begin + 1825 * day)
        : intermediate(
              identity::make_intermediate({root, root_key.get()}, key.get(), "clinic.example", {begin, authority})
                  .value()) {}
    Identity box(bool issuing = false) const {
        const identity::Issuer issuer{intermediate, key.get()};
        const identity::SpiffeId id{"clinic.example", "north", "ventilator-7", {}};
        Grant grant{
            .chain = {identity::make_leaf(issuer, own.get(), id, {begin, begin + 90 * day}).value(), intermediate},
            .roots = {root},
            .issuing = {}};
        if (issuing)
            grant.issuing = identity::make_box_authority(issuer, own.get(), id, {begin, begin + 30 * day}).value();
        return identity_of(std::move(grant)).value();
    }

    identity::Key root_key = identity::make_key().value(), key = identity::make_key().value(),
                  own = identity::make_key().value();
    std::string root = identity::make_root(root_key.get(), "clinic.example", {begin, begin + 3650 * day}).value();
    std::string intermediate;
};

}  // namespace

BOOST_AUTO_TEST_CASE(it_is_due_once_two_thirds_of_its_time_are_past) {
    const auto term = term_of(Given().box()).value();
    BOOST_TEST(term.until == begin + 90 * day);
    BOOST_TEST(term.due == begin + 60 * day);
}

BOOST_AUTO_TEST_CASE(what_ends_first_of_all_that_it_was_given_counts) {
    const auto above = term_of(Given(begin + 45 * day).box()).value();
    BOOST_TEST(above.until == begin + 45 * day);
    BOOST_TEST(above.due == begin + 30 * day);
    const auto own = term_of(Given().box(true)).value();
    BOOST_TEST(own.until == begin + 30 * day);
    BOOST_TEST(own.due == begin + 20 * day);
    // An authority that had run out before: due at any time since.
    BOOST_TEST(term_of(Given(begin - 9 * day).box()).value().due < begin);
}
