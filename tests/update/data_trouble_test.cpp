// The runtime's data where something is in the way: full disks, mounts, starts that were not seen in time. Whatever
// happens is told, no door stays closed, and nothing that is kept for somebody goes unasked.
#include "box.hpp"
#include "small.hpp"

using namespace holdfast;
using namespace holdfast::test;
using update::State;
using update::When;

namespace {

struct World : Delivered {
    fs::path image_2 = image("1.0.1", 2000);

    World() { box.write_data("of 1.0.0"); }
    fs::path runtime() const { return box.root / "var/lib/runtime"; }
    fs::path snapshots() const { return box.root / update::journal_folder / "snapshots"; }
    void arm() {
        publish(image_2);
        BOOST_TEST(good(box.updater().download(repository.string(), "")));
        BOOST_TEST(good(box.updater().apply(When::Now)));
    }
    void start_new() {
        box.start();
        BOOST_TEST(box.version() == "1.0.1");
        good(box.updater().settle());
    }
    // It runs, writes, and never becomes green; the old slot runs next.
    void fail(const std::string& writes) {
        for (int i = 0; i < 3; ++i) {
            start_new();
            put(runtime() / "db", writes);
        }
        box.start();
        BOOST_TEST(box.version() == "1.0.0");
    }
    void pass() {
        box.bless();
        BOOST_TEST(good(box.updater().confirm()));
    }
    std::string cause() const { return box.updater().journal().current()->cause; }
    std::string last_detail() const { return box.updater().journal().current()->story.back().detail; }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(data_on_a_file_system_of_its_own_comes_back, World) {
    const Small mounted(runtime(), "4m");
    arm();
    fail("broken by 1.0.1");
    put(runtime() / "new", "of nobody");
    BOOST_TEST(good(box.updater().settle()).contains("was rolled back"));
    BOOST_TEST(box.data() == "of 1.0.0");
    BOOST_TEST(!fs::exists(runtime() / "new"));
    BOOST_TEST((state() == State::Held));
}

BOOST_FIXTURE_TEST_CASE(data_that_cannot_be_brought_back_is_told_and_closes_no_door, World) {
    arm();
    fail("broken by 1.0.1");
    {
        const Small mounted(runtime(), "4m");
        BOOST_REQUIRE_EQUAL(::mount("none", runtime().c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, ""), 0);
        BOOST_TEST(good(box.updater().settle()).contains("was rolled back"));
    }
    BOOST_TEST((state() == State::Held));
    BOOST_TEST(cause().contains("the runtime's data of before could not be brought back"));
    publish(image("1.0.2", 3000));
    BOOST_TEST(good(box.updater().download(repository.string(), "")));
}

BOOST_FIXTURE_TEST_CASE(a_runtime_that_runs_already_keeps_its_data_until_the_next_start, World) {
    arm();
    fail("broken by 1.0.1");
    // Nobody settled in time; the runtime of the old slot runs.
    BOOST_TEST(!good(box.updater().confirm()));
    BOOST_TEST((state() == State::RolledBack));
    BOOST_TEST(box.data() == "broken by 1.0.1");
    BOOST_TEST(!good(box.updater().download(repository.string(), "")));
    box.start();
    good(box.updater().settle());
    BOOST_TEST(box.data() == "of 1.0.0");
    BOOST_TEST((state() == State::Held));
}

BOOST_FIXTURE_TEST_CASE(a_new_version_that_was_seen_late_says_that_nothing_was_saved, World) {
    arm();
    box.start();
    put(runtime() / "db", "of 1.0.1");
    BOOST_TEST(!good(box.updater().confirm()));
    BOOST_TEST((state() == State::Trying));
    BOOST_TEST(last_detail().contains("was not saved"));
    BOOST_TEST((!fs::exists(snapshots()) || fs::is_empty(snapshots())));
    for (int i = 0; i < 3; ++i) box.start();
    BOOST_TEST(box.version() == "1.0.0");
    good(box.updater().settle());
    BOOST_TEST(last_detail().contains("as the new version left it: none was saved"));
}

BOOST_FIXTURE_TEST_CASE(a_disk_that_the_new_version_filled_does_not_keep_the_old_data_away, World) {
    const Small var(box.root / "var", "24m");
    arm();
    for (int i = 0; i < 3; ++i) start_new();
    put(runtime() / "db", "broken by 1.0.1");
    var.fill_up(0);
    box.start();
    BOOST_TEST(good(box.updater().settle()).contains("was rolled back"));
    BOOST_TEST((state() == State::Held));
    BOOST_TEST(box.data() == "of 1.0.0");
}

BOOST_FIXTURE_TEST_CASE(going_back_by_hand_does_not_cost_the_data_it_is_for, World) {
    const Small var(box.root / "var", "64m");
    put(runtime() / "much", noisy(12'000'000));
    arm();
    start_new();
    put(runtime() / "db", "of 1.0.1");
    pass();
    BOOST_TEST(!fs::is_empty(snapshots()));
    // Room for what is there and for one copy of it.
    var.fill_up(4'000'000);
    good(box.updater().roll_back("by hand"));
    BOOST_TEST(good(box.updater().apply(When::Now)));
    box.start();
    BOOST_TEST(box.version() == "1.0.0");
    good(box.updater().settle());
    BOOST_TEST(last_detail().contains("could not be saved"));
    BOOST_TEST(!fs::is_empty(snapshots()));
}

BOOST_FIXTURE_TEST_CASE(nothing_is_applied_whose_way_back_would_lose_data, World) {
    const Small var(box.root / "var", "64m");
    put(runtime() / "much", noisy(12'000'000));
    publish(image_2);
    BOOST_TEST(good(box.updater().download(repository.string(), "")));
    var.fill_up(4'000'000);
    const auto refused = box.updater().apply(When::Now);
    BOOST_TEST((refused.error().code == Code::NoSpace));
    BOOST_TEST(refusal(refused).contains("'snapshot: wanted' in /etc/holdfast/update.yaml"));
    BOOST_TEST((state() == State::Staged));
    BOOST_TEST(!fs::exists(box.root / "ostree/root.b"));
    update::Settings wanted;
    wanted.must_save = false;
    BOOST_TEST(good(box.updater(wanted).apply(When::Now)));
}

BOOST_FIXTURE_TEST_CASE(what_is_kept_for_a_way_back_goes_after_a_month, World) {
    std::int64_t wall = 1'790'000'000;
    box.clock = [&] { return update::Moment{wall, 60, good(read_whole(box.root / "proc/sys/kernel/random/boot_id"))}; };
    arm();
    start_new();
    pass();
    BOOST_TEST(!fs::is_empty(snapshots()));
    wall += 29L * 86'400;
    BOOST_TEST(!good(box.updater().confirm()));
    BOOST_TEST(!fs::is_empty(snapshots()));
    wall += 2L * 86'400;
    BOOST_TEST(!good(box.updater().confirm()));
    BOOST_TEST(fs::is_empty(snapshots()));
}
