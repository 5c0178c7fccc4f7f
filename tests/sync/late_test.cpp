// A box that comes late to a site where much was said: over HTTPS it gets what all of that comes to, and then what
// follows, with the programs as people use them.
#include "enroll/served_hub.hpp"
#include "sync/fleet.hpp"

using namespace holdfast;
using namespace holdfast::test;
namespace fs = std::filesystem;

namespace {

constexpr int parts = 30, days = 20;

struct Place {
    Scratch scratch = good(Scratch::make("late"));
    fs::path hub = scratch.path() / "hub";
    std::string fingerprint = make_hub(hub, std::time(nullptr) - 86'400).fingerprint();
    FleetBox one{scratch.path(), "one", hub, fingerprint, "{}\n"}, two{scratch.path(), "two", hub, fingerprint, "{}\n"};

    // One file with all parts, each of them as it is that day.
    void say(const FleetBox& box, int day) const {
        std::string all;
        for (int i = 0; i < parts; ++i)
            all += "---\napiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: part-" +
                   std::to_string(i) + ", description: day " + std::to_string(day) +
                   "}\nspec: {type: service, lifecycle: production, owner: team}\n";
        put(scratch.path() / "all.yaml", all);
        done_well(box.without("catalog", {"apply", (scratch.path() / "all.yaml").string()}));
    }
    static std::string catalog(const FleetBox& box) { return done_well(box.without("catalog", {"list", "--json"})); }
    static Json now(const FleetBox& box, const std::string& url) {
        return Json::parse(done_well(box.with_tpm("sync", {"now", url, "--json"})));
    }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_box_that_comes_late_gets_a_snapshot_and_then_what_follows, Place) {
    for (int day = 0; day < days; ++day) say(one, day);
    const ServedHub served(hub);
    const auto sent = now(one, served.url);
    done_well(two.without("catalog", {"list"}));
    const auto came = now(two, served.url);
    BOOST_TEST(came.at("refused").empty());
    BOOST_TEST(came.at("pieces") == 1U);
    BOOST_TEST(catalog(two) == catalog(one));
    BOOST_TEST_MESSAGE("said in " << sent.at("bytes") << " bytes, caught up with " << came.at("bytes"));
    const auto verified = done_well(two.without("feed", {"verify", "--class", "catalog", "--node", "one"}));
    BOOST_TEST(verified.contains("600 of them are not here, as a snapshot"), verified);
    const auto past = two.without("catalog", {"history", "component:part-1"});
    BOOST_TEST(past.exit == 66);
    BOOST_TEST(past.errors.contains("came here in a snapshot"), past.errors);
    say(one, days);
    say(two, days + 1);
    now(one, served.url);
    now(two, served.url);
    now(one, served.url);
    BOOST_TEST(catalog(two) == catalog(one));
    BOOST_TEST(catalog(two).contains("day " + std::to_string(days + 1)));
    done_well(two.without("feed", {"verify"}));
    // A catalog that was lost comes from the feeds again, and the snapshot among them.
    const std::string before = catalog(two);
    for (const auto* each : {"catalog.db", "catalog.db-wal", "catalog.db-shm"})
        fs::remove(two.root() / "var/lib/holdfast" / each);
    now(two, served.url);
    BOOST_TEST(catalog(two) == before);
}
