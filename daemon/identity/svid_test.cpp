#include "identity/svid.hpp"

#include "base/file.hpp"
#include "base/scratch.hpp"

#include <boost/test/unit_test.hpp>
#include <openssl/rsa.h>

using namespace holdfast;
using namespace holdfast::identity;

namespace {

constexpr std::int64_t begin = 1'790'000'000, hour = 3600, day = 24 * hour;
const SpiffeId ventilator{"clinic.example", "north", "ventilator-7", {}};

struct World {
    Key root_key = make_key().value(), key = make_key().value(), own_key = make_key().value(),
        workload = make_key().value();
    std::string root = make_root(root_key.get(), "clinic.example", {begin, begin + 3650 * day}).value();
    std::string authority =
        make_intermediate({root, root_key.get()}, key.get(), "clinic.example", {begin, begin + 1825 * day}).value();
    std::string own =
        make_box_authority({authority, key.get()}, own_key.get(), ventilator, {begin, begin + 90 * day}).value();
    Settings settings;

    Result<Svid> give(std::int64_t now, std::int64_t seconds = hour, const std::string& name = "alarms") const {
        return identity::give({own, own_key.get()}, {authority}, workload.get(), name, now, seconds);
    }
    Result<Believed> believe(const Svid& svid, std::int64_t now) const {
        return identity::believe(svid.chain, {root}, settings, now);
    }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_workload_gets_one_and_its_peer_believes_it, World) {
    const auto svid = give(begin + day).value();
    BOOST_TEST(svid.id.uri() == "spiffe://clinic.example/site/north/box/ventilator-7/workload/alarms");
    BOOST_TEST(svid.chain.size() == 3U);
    const auto believed = believe(svid, begin + day + hour / 2);
    BOOST_REQUIRE_MESSAGE(believed.has_value(), believed.error().what);
    BOOST_TEST((believed->id == svid.id));
    BOOST_TEST((believed->outlook.standing == Standing::Good));
    BOOST_TEST(believed->outlook.words == "valid for 30 minutes more");
    const auto later = believe(svid, begin + day + hour - 600).value();
    BOOST_TEST((later.outlook.standing == Standing::Ending));
    BOOST_TEST(later.outlook.words.starts_with("runs out in 10 minutes, on 2026-09-22"));
    const World other;
    BOOST_TEST((other.believe(svid, begin + day).error().code == Code::Denied));
}

BOOST_FIXTURE_TEST_CASE(what_ran_out_is_believed_by_the_site_s_rule_and_says_so, World) {
    const auto svid = give(begin + day).value();
    settings.grace = 10 * day;
    const auto later = believe(svid, begin + 3 * day).value();
    BOOST_TEST((later.outlook.standing == Standing::Grace));
    BOOST_TEST(later.outlook.words.starts_with("ran out on 2026-09-22"));
    BOOST_TEST(later.outlook.words.contains("believed for 8 days more, by the rule of this site"));
    const auto over = believe(svid, begin + 12 * day);
    BOOST_TEST_REQUIRE(!over.has_value());
    BOOST_TEST(over.error().what.contains("not believed any more"));
    settings.grace = 0;
    BOOST_TEST(!believe(svid, begin + day + 2 * hour).has_value());
}

BOOST_FIXTURE_TEST_CASE(a_box_whose_own_authority_ran_out_goes_on_and_shows_it, World) {
    const std::int64_t late = begin + 100 * day;
    const auto svid = give(late);
    BOOST_REQUIRE_MESSAGE(svid.has_value(), svid.error().what);
    const auto believed = believe(*svid, late + hour / 2);
    BOOST_REQUIRE_MESSAGE(believed.has_value(), believed.error().what);
    BOOST_TEST((believed->outlook.standing == Standing::Grace));
    // Before its end none outlasts it.
    BOOST_TEST(facts_of(give(begin + 89 * day, 5 * day)->chain.front())->validity.until == begin + 90 * day);
}

BOOST_FIXTURE_TEST_CASE(a_clock_that_nobody_has_set_stops_nothing, World) {
    const auto svid = give(1000).value();
    BOOST_TEST(believe(svid, 1000).has_value());
    BOOST_TEST(outlook({begin, begin + 90 * day}, settings, 0).words == "valid for 90 days more");
    // A site's warning is for what lasts long.
    BOOST_TEST((outlook({begin, begin + 90 * day}, settings, begin + 59 * day).standing == Standing::Good));
    BOOST_TEST((outlook({begin, begin + 90 * day}, settings, begin + 61 * day).standing == Standing::Ending));
    // Nor does one of 2099: that is told as what it looks like.
    BOOST_TEST((outlook({begin, begin + 90 * day}, settings, 4'000'000'000).standing == Standing::Over));
}

BOOST_FIXTURE_TEST_CASE(what_cannot_be_given_is_refused, World) {
    for (const auto* name : {"", "Alarms", "a/b", "-a", "../x"})
        BOOST_TEST((give(begin, hour, name).error().code == Code::Corrupt));
    BOOST_TEST((give(begin, 0).error().code == Code::Corrupt));
    BOOST_TEST((give(begin, 8 * day).error().code == Code::Corrupt));
    const Key weak(EVP_RSA_gen(1024));
    BOOST_TEST(identity::give({own, own_key.get()}, {authority}, weak.get(), "alarms", begin, hour)
                   .error()
                   .what.contains("too weak"));
    BOOST_TEST((identity::give({authority, key.get()}, {}, workload.get(), "alarms", begin, hour).error().code ==
                Code::Corrupt));
    BOOST_TEST((identity::believe({}, {root}, settings, begin).error().code == Code::Corrupt));
    BOOST_TEST((identity::believe({"nonsense"}, {root}, settings, begin).error().code == Code::Corrupt));
}

BOOST_AUTO_TEST_CASE(a_site_says_how_long_and_whether) {
    const Scratch scratch = Scratch::make("settings").value();
    BOOST_TEST(load_settings(scratch.path())->grace == 365 * day);
    const auto file = scratch.path() / "etc/holdfast/identity.yaml";
    const auto with = [&](const char* text) {
        BOOST_REQUIRE(make_directories(file.parent_path()).has_value());
        BOOST_REQUIRE(write_whole(file, text).has_value());
        return load_settings(scratch.path());
    };
    const auto read = with("grace-days: 30\nwarning-days: 7\nauthority: true\n").value();
    BOOST_TEST(read.grace == 30 * day);
    BOOST_TEST(read.warning == 7 * day);
    BOOST_TEST(read.authority);
    for (const auto* nothing : {"# nothing\n", "", " \t\r\n", "  # nothing\n\n"})
        BOOST_TEST(with(nothing)->grace == 365 * day);
    BOOST_TEST(with("grace-days: 4000\n").error().what.contains("identity.yaml:1: grace-days: write 0 to 3650"));
    BOOST_TEST(with("graze-days: 4\n").error().what.contains("did you mean 'grace-days'?"));
}
