// The runtime's data goes with the slot: back with a release that fails or that a person leaves, and never to a state
// that is older than what was there before.
#include "box.hpp"

using namespace holdfast;
using namespace holdfast::test;
using update::State;
using update::When;
using Data = update::Updater::Data;

namespace {

struct World : Delivered {
    fs::path image_2 = image("1.0.1", 2000);
    fs::path full = scratch / "full.bundle";

    World() {
        box.write_data("of 1.0.0");
        good(publish::carry({image_2, test_ref, {}, "", {}, 0, full}, keys));
    }
    void arm(const std::string& source) {
        BOOST_TEST(good(box.updater().download(source, "")));
        BOOST_TEST(good(box.updater().apply(When::Now)));
    }
    // A start of what is on trial: its runtime changes the data.
    void run_new(const std::string& writes) {
        box.start();
        good(box.updater().settle());
        box.write_data(writes);
    }
    void pass() {
        box.bless();
        BOOST_TEST(good(box.updater().confirm()));
    }
    void update() {
        arm(full.string());
        run_new("of 1.0.1");
        pass();
    }
    // Three starts, none of which gets green, then the old slot.
    void fail_thrice() {
        for (int i = 0; i < 3; ++i) {
            run_new("broken by 1.0.1");
            BOOST_TEST(box.version() == "1.0.1");
        }
        box.start();
        BOOST_TEST(box.version() == "1.0.0");
        BOOST_TEST(good(box.updater().settle()).contains("was rolled back"));
    }
    void go_back(Data data) {
        auto updater = box.updater();
        good(updater.roll_back("by hand", data));
        BOOST_TEST(good(updater.apply(When::Now)));
    }
    std::string detail_of(update::Event event) const {
        const auto updater = box.updater();
        const auto& story = updater.journal().current()->story;
        const auto found = std::ranges::find(story, event, &update::Happening::event);
        return found == story.end() ? "(none)" : found->detail;
    }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_release_from_a_full_bundle_takes_its_changes_with_it, World) {
    arm(full.string());
    fail_thrice();
    BOOST_TEST(box.data() == "of 1.0.0");
    BOOST_TEST(detail_of(update::Event::Restored) == "with the runtime's data of before");
}

BOOST_FIXTURE_TEST_CASE(a_second_attempt_brings_back_what_was_there_before_the_second, World) {
    arm(full.string());
    fail_thrice();
    good(box.updater().release_hold(""));
    box.write_data("weeks later");
    arm(full.string());
    fail_thrice();
    BOOST_TEST(box.data() == "weeks later");
}

BOOST_FIXTURE_TEST_CASE(an_attempt_that_never_came_up_changes_no_data, World) {
    arm(full.string());
    fail_thrice();
    good(box.updater().release_hold(""));
    box.write_data("weeks later");
    arm(full.string());
    for (int i = 0; i < 4; ++i) box.start();  // dies before anything of ours runs
    BOOST_TEST(good(box.updater().settle()).contains("was rolled back"));
    BOOST_TEST(box.data() == "weeks later");
}

BOOST_FIXTURE_TEST_CASE(going_back_by_hand_brings_the_data_of_then_and_keeps_the_other, World) {
    update();
    go_back(Data::OfThen);
    box.start();
    good(box.updater().settle());
    BOOST_TEST(box.data() == "of 1.0.0");
    BOOST_TEST(detail_of(update::Event::BootedNew) == "with the runtime's data of then");
    pass();
    // The newer one again, with what it had.
    box.write_data("of 1.0.0, later");
    good(box.updater().release_hold(""));
    go_back(Data::OfThen);
    box.start();
    good(box.updater().settle());
    BOOST_TEST(box.version() == "1.0.1");
    BOOST_TEST(box.data() == "of 1.0.1");
}

BOOST_FIXTURE_TEST_CASE(a_way_back_that_fails_leaves_the_data_of_what_runs, World) {
    update();
    go_back(Data::OfThen);
    for (int i = 0; i < 3; ++i) {
        box.start();
        good(box.updater().settle());
        BOOST_TEST(box.data() == (i == 0 ? "of 1.0.0" : "broken"));
        box.write_data("broken");
    }
    box.start();
    BOOST_TEST(box.version() == "1.0.1");
    good(box.updater().settle());
    BOOST_TEST(box.data() == "of 1.0.1");
}

BOOST_FIXTURE_TEST_CASE(a_person_may_go_back_with_the_data_as_it_is, World) {
    update();
    go_back(Data::AsItIs);
    box.start();
    good(box.updater().settle());
    BOOST_TEST(box.version() == "1.0.0");
    BOOST_TEST(box.data() == "of 1.0.1");
}

BOOST_FIXTURE_TEST_CASE(what_was_left_for_an_older_release_is_held_whatever_brought_that, World) {
    arm(full.string());
    box.start();
    pass();
    const std::string second = good(boot::slot_commit(box.root, box.booted.slot));
    const fs::path older = scratch / "older.bundle";
    good(publish::carry({image_1, test_ref, {}, "", {}, 0, older}, keys));
    BOOST_TEST(good(box.updater().download(older.string(), "1.0.0")));
    BOOST_TEST(good(box.updater().apply(When::Now)));
    box.start();
    pass();
    BOOST_TEST(box.version() == "1.0.0");
    BOOST_TEST(box.updater().journal().held(second) != nullptr);
}

BOOST_FIXTURE_TEST_CASE(data_that_could_not_be_saved_is_told_in_the_history_and_nothing_newer_is_saved_for_it, World) {
    arm(full.string());
    // Where the snapshots belong stands a file: nothing can be saved.
    fs::remove(box.root / update::journal_folder / "snapshots");
    put(box.root / update::journal_folder / "snapshots", "in the way");
    run_new("of 1.0.1");
    BOOST_TEST(detail_of(update::Event::BootedNew).contains("could not be saved"));
    fs::remove(box.root / update::journal_folder / "snapshots");
    run_new("of 1.0.1, again");
    BOOST_TEST(!fs::exists(box.root / update::journal_folder / "snapshots"));
}
