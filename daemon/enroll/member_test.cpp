#include "enroll/member.hpp"

#include "base/scratch.hpp"
#include "enroll/kept_fixture.hpp"
#include "enroll/trust.hpp"

using namespace holdfast;
using namespace holdfast::enroll;

namespace {

constexpr std::int64_t begin = 1'790'000'000, day = KeptBox::day;

struct Place {
    Scratch scratch = Scratch::make("member").value();
    Member at(std::int64_t when) const { return member(scratch.path(), when); }
};

struct Admitted : Place {
    KeptBox kept{scratch.path(), begin};
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_box_that_was_not_admitted_says_what_comes_next, Place) {
    const auto box = at(begin);
    BOOST_TEST(box.standing == "none");
    BOOST_TEST(box.id == "");
    BOOST_TEST(box.reason.contains("holdfast enroll request"));
    BOOST_TEST(box.term == "");
}

BOOST_FIXTURE_TEST_CASE(a_good_box_says_until_when, Admitted) {
    const auto box = at(begin + 10 * day);
    BOOST_TEST(box.id == kept.id());
    BOOST_TEST(box.standing == "good");
    BOOST_TEST(box.reason == "valid for 80 days more");
    BOOST_TEST(box.until == begin + 90 * day);
    BOOST_TEST(at(begin + 70 * day).term == "ending");
    BOOST_TEST(at(begin + 70 * day).standing == "good");
    BOOST_TEST(at(begin + 700 * day).term == "over");
}

BOOST_FIXTURE_TEST_CASE(what_its_authority_says_comes_before_what_it_found_itself, Admitted) {
    BOOST_REQUIRE(write_trust(scratch.path(), {Standing::Untrusted, "it started one more program"}).has_value());
    BOOST_TEST(at(begin).standing == "untrusted");
    BOOST_TEST(at(begin).reason == "it started one more program");
    kept.list(1, identity::Withdrawal::Quarantined);
    BOOST_TEST(at(begin).standing == "quarantined");
    BOOST_TEST(at(begin).reason.starts_with("by the authority since 2026-09-22"));
    kept.list(2, identity::Withdrawal::Revoked);
    BOOST_TEST(at(begin).standing == "revoked");
    BOOST_TEST(at(begin).term == "good");
    kept.list(3, std::nullopt);
    BOOST_REQUIRE(write_trust(scratch.path(), {Standing::Trusted, "as it should be"}).has_value());
    BOOST_TEST(at(begin).standing == "good");
}

BOOST_FIXTURE_TEST_CASE(what_cannot_be_read_is_not_passed_over, Admitted) {
    const auto folder = scratch.path() / node_folder;
    BOOST_REQUIRE(write_whole(folder / "crl", "nonsense").has_value());
    BOOST_TEST(at(begin).standing == "unknown");
    BOOST_TEST(at(begin).id == kept.id());
    BOOST_TEST(at(begin).reason.contains("crl"));
    BOOST_REQUIRE(write_whole(folder / "grant", "nonsense").has_value());
    BOOST_TEST(at(begin).standing == "unknown");
    BOOST_TEST(at(begin).id == "");
}
