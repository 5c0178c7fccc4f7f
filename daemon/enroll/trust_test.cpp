#include "enroll/trust.hpp"

#include "base/file.hpp"
#include "base/scratch.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast;
using namespace holdfast::enroll;

namespace {

struct Box {
    Scratch scratch = Scratch::make("trust").value();
    std::filesystem::path root = scratch.path();
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_box_is_neither_until_it_looked) {
    const Box box;
    BOOST_TEST((read_trust(box.root).standing == Standing::Unknown));
    BOOST_TEST(refuse_untrusted(box.root, "certificate").has_value());
}

BOOST_AUTO_TEST_CASE(what_was_found_stays_until_it_looks_again) {
    const Box box;
    BOOST_REQUIRE(write_trust(box.root, {Standing::Untrusted, "its addon is of no release"}));
    BOOST_TEST((read_trust(box.root).standing == Standing::Untrusted));
    const auto refused = refuse_untrusted(box.root, "certificate to a workload");
    BOOST_REQUIRE(!refused);
    BOOST_TEST((refused.error().code == Code::Denied));
    BOOST_TEST(refused.error().what.contains("gives no certificate to a workload: its addon is of no release"));
    BOOST_REQUIRE(write_trust(box.root, {Standing::Trusted, "it runs version 1"}));
    BOOST_TEST((read_trust(box.root).standing == Standing::Trusted));
    BOOST_TEST(read_trust(box.root).reason == "it runs version 1");
    BOOST_TEST(refuse_untrusted(box.root, "certificate").has_value());
}

BOOST_AUTO_TEST_CASE(a_damaged_word_is_no_word) {
    const Box box;
    for (const auto* wrong : {"", "{}", R"({"standing":"fine","reason":""})", R"({"standing":"trusted"})",
                              R"({"standing":"trusted","reason":"","more":1})"}) {
        BOOST_REQUIRE(make_directories(box.root / trust_folder));
        BOOST_REQUIRE(write_whole(trust_file(box.root), wrong));
        BOOST_TEST((read_trust(box.root).standing == Standing::Unknown));
        BOOST_TEST(read_trust(box.root).reason.contains("trust.json"));
    }
}
