#include "update/trial.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast;
using namespace holdfast::update;
using boot::Entry;
using boot::Slot;
using boot::Tries;

namespace {

Attempt rebooting() {
    Attempt a{.commit = "new", .slot = 'b', .generation = 4};
    for (const Event event : {Event::Found, Event::Pulled, Event::Written, Event::Opened})
        BOOST_TEST(advance(a, event, {0, 0, "boot-1"}, "").has_value());
    return a;
}

Attempt trying() {
    Attempt a = rebooting();
    BOOST_TEST(advance(a, Event::BootedNew, {0, 0, "boot-2"}, "").has_value());
    return a;
}

Seen old_slot(std::vector<Entry> entries, const std::string& boot = "boot-5") {
    entries.push_back({Slot::A, 3, std::nullopt});
    return {'a', "old", std::move(entries), true, boot};
}

const Seen new_slot{'b', "new", {}, true, "boot-2"};

std::string cause(const Attempt& attempt, const Seen& seen, const Evidence& evidence = {}) {
    const auto finding = judge(attempt, seen, evidence);
    if (!finding) return "nothing";
    return std::string(text(finding->event)) + " " + finding->cause;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_new_slot_runs_on_trial_and_each_start_counts_once) {
    BOOST_TEST(cause(rebooting(), new_slot) == "booted-new ");
    BOOST_TEST(cause(trying(), new_slot) == "nothing");
    Seen again = new_slot;
    again.boot = "boot-3";
    BOOST_TEST(cause(trying(), again) == "booted-new ");
}

BOOST_AUTO_TEST_CASE(out_of_tries_the_old_slot_runs_and_says_why) {
    const Seen out = old_slot({{Slot::B, 4, Tries{0, 3}}});
    BOOST_TEST(cause(rebooting(), out).contains("started 3 times and never came to its first check"));
    BOOST_TEST(cause(trying(), out).contains("came up once, and gave no verdict"));
    BOOST_TEST(cause(trying(), out, {.red = "required check 10-x.sh is sick"}).contains("were red: required check"));
    BOOST_TEST(cause(rebooting(), out, {.panic = "Attempted to kill init!"}).contains("last words: Attempted to kill"));
}

BOOST_AUTO_TEST_CASE(
    an_entry_that_was_not_tried_is_a_restart_that_has_not_come_or_a_boot_loader_that_goes_its_own_way) {
    const std::vector<Entry> untouched{{Slot::B, 4, Tries{3, 0}}};
    BOOST_TEST(cause(rebooting(), old_slot(untouched, "boot-1")) == "nothing");
    BOOST_TEST(cause(rebooting(), old_slot(untouched)).contains("did not start it"));
    BOOST_TEST(cause(trying(), old_slot({{Slot::B, 4, Tries{1, 2}}})).contains("1 tries left"));
    BOOST_TEST(cause(rebooting(), old_slot({{Slot::B, 4, Tries{0, 0}}})) == "nothing");
    BOOST_TEST(cause(trying(), old_slot({})).contains("entry is gone"));
    BOOST_TEST(cause(trying(), old_slot({{Slot::B, 3, Tries{0, 3}}})).contains("entry is gone"));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_seen_decides_nothing) {
    Seen blind = old_slot({});
    blind.entries_known = false;
    BOOST_TEST(cause(trying(), blind) == "nothing");
    BOOST_TEST(cause(trying(), {}) == "nothing");
    Attempt staged{.commit = "new"};
    for (const Event event : {Event::Found, Event::Pulled}) BOOST_TEST(advance(staged, event, {}, "").has_value());
    BOOST_TEST(cause(staged, old_slot({})) == "nothing");
}
