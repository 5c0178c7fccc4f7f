// An update from the first look to good, rolled back or refused, on real repositories, signatures and an ESP.
#include "base/in_child.hpp"
#include "box.hpp"
#include "content/bundle_file.hpp"
#include "publish/write_bundle.hpp"

using namespace holdfast;
using namespace holdfast::test;
using update::State;
using update::When;

namespace {

struct World : Delivered {
    fs::path image_2 = image("1.0.1", 2000);

    std::string release_two() const { return publish(image_2); }
    std::string source() const { return repository.string(); }
    std::string cause() const { return box.updater().journal().current()->cause; }

    void download_and_arm() {
        BOOST_TEST(good(box.updater().download(source(), "")));
        BOOST_TEST(good(box.updater().apply(When::InWindow)));
        BOOST_TEST((state() == State::Rebooting));
    }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_newer_release_ends_good_in_the_other_slot, World) {
    const std::string second = release_two();
    const auto offer = good(box.updater().check(source(), ""));
    BOOST_REQUIRE(offer.has_value());
    BOOST_TEST(offer->commit == second);
    BOOST_TEST(offer->header.contents.front().from == first);
    download_and_arm();
    BOOST_TEST(box.version() == "1.0.0");
    box.start();
    BOOST_TEST(box.version() == "1.0.1");
    BOOST_TEST(good(box.updater().settle()).contains("on trial in slot b"));
    BOOST_TEST(!good(box.updater().confirm()));
    box.bless();
    BOOST_TEST(good(box.updater().confirm()));
    BOOST_TEST((state() == State::Good));
    BOOST_TEST(box.updater().journal().floor == 2000U);
    BOOST_TEST(!good(box.updater().check(source(), "")).has_value());
    box.fsck();
    // And on into the slot it came from.
    publish(image("1.0.2", 3000));
    download_and_arm();
    box.start();
    BOOST_TEST(box.version() == "1.0.2");
    BOOST_TEST((box.booted.slot == boot::Slot::A));
}

BOOST_FIXTURE_TEST_CASE(a_release_that_fails_three_times_is_rolled_back_and_held, World) {
    release_two();
    download_and_arm();
    for (int i = 0; i < 3; ++i) {
        box.start();
        BOOST_TEST(box.version() == "1.0.1");
    }
    box.start();
    BOOST_TEST(box.version() == "1.0.0");
    BOOST_TEST(good(box.updater().settle()).contains("was rolled back"));
    BOOST_TEST((state() == State::Held));
    BOOST_TEST(cause().contains("started 3 times and never came to its first check"));
    BOOST_TEST(refusal(box.updater().download(source(), "")).contains("is held"));
    // A newer one is taken; a person may also want the old one.
    BOOST_TEST(good(box.updater().release_hold("")).version == "1.0.1");
    BOOST_TEST(refusal(box.updater().release_hold("")) == "no commit is held");
    BOOST_TEST(good(box.updater().download(source(), "")));
    publish(image("1.0.2", 3000));
    BOOST_TEST(good(box.updater().download(source(), "")));
    BOOST_TEST(box.updater().journal().current()->version == "1.0.2");
}

BOOST_FIXTURE_TEST_CASE(a_closed_window_keeps_what_runs_and_the_other_slot_as_they_are, World) {
    release_two();
    const auto minute = update::minute_of_week(update::now(box.root).wall);
    constexpr const char* days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    const update::Settings closed{
        .window = good(update::Window::parse(std::string(days[(minute / 1440 + 3) % 7]) + " 02:00-03:00"))};
    BOOST_TEST(good(box.updater().download(source(), "")));
    BOOST_TEST(!good(box.updater(closed).apply(When::InWindow)));
    BOOST_TEST((state() == State::WaitingForWindow));
    box.start();  // the power was cut meanwhile
    BOOST_TEST(box.version() == "1.0.0");
    box.updater().settle().value();
    BOOST_TEST((state() == State::WaitingForWindow));
    BOOST_TEST(!fs::exists(box.root / "ostree/root.b"));
    // What a person changes until then is in the new slot.
    put(box.deployment(boot::Slot::A) / "etc/network", "changed while it waited");
    BOOST_TEST(good(box.updater(closed).apply(When::Now)));
    BOOST_TEST(good(read_whole(box.deployment(boot::Slot::B) / "etc/network")) == "changed while it waited");
    box.start();
    BOOST_TEST(box.version() == "1.0.1");
}

BOOST_FIXTURE_TEST_CASE(a_slot_that_was_written_and_not_started_is_written_anew, World) {
    release_two();
    BOOST_TEST(good(box.updater().download(source(), "")));
    BOOST_TEST(dying_at("update.slot-written", 1, [&] { (void)box.updater().apply(When::Now); }) == crashed);
    BOOST_TEST(dying_at("update.opened", 1, [&] { (void)box.updater().apply(When::Now); }) == crashed);
    BOOST_TEST((state() == State::Rebooting));
    BOOST_TEST(good(box.updater().apply(When::Now)));
    box.start();
    BOOST_TEST(box.version() == "1.0.1");
    box.fsck();
}

BOOST_FIXTURE_TEST_CASE(bytes_that_the_disk_gives_back_otherwise_are_found_before_anything_starts_them, World) {
    release_two();
    BOOST_TEST(good(box.updater().download(source(), "")));
    const fs::path objects = box.root / "ostree/repo/objects";
    // The largest file that the new release brought.
    fs::path damaged;
    for (const auto& each : fs::recursive_directory_iterator(objects))
        if (each.path().extension() == ".file" && each.is_regular_file() && each.file_size() < 400'000 &&
            good(read_whole(each.path())).ends_with("1.0.1"))
            damaged = each.path();
    BOOST_REQUIRE(!damaged.empty());
    std::string bytes = good(read_whole(damaged));
    bytes[bytes.size() / 2] ^= 1;
    const Fd file(::open(damaged.c_str(), O_WRONLY | O_CLOEXEC));
    BOOST_REQUIRE(::write(file.number(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
    const auto refused = box.updater().apply(When::Now);
    BOOST_TEST((refused.error().code == Code::Corrupt));
    BOOST_TEST(refusal(refused).contains("the disk gives back other bytes than were written"));
    BOOST_TEST((state() == State::Idle));
    // All of it comes anew.
    BOOST_TEST(good(box.updater().download(source(), "")));
    BOOST_TEST(good(box.updater().apply(When::Now)));
    box.start();
    BOOST_TEST(box.version() == "1.0.1");
    box.fsck();
}

BOOST_FIXTURE_TEST_CASE(a_clock_before_the_time_floor_opens_no_window, World) {
    constexpr unsigned year_2100 = 4'102'444'800;
    const update::Settings all_week{.window = good(update::Window::parse("Mon-Sun 00:00-24:00"))};
    publish(image("2.0.0", year_2100));
    BOOST_TEST(good(box.updater(all_week).download(source(), "")));
    BOOST_TEST(good(box.updater(all_week).apply(When::InWindow)));
    box.start();
    box.bless();
    BOOST_TEST(good(box.updater().confirm()));
    publish(image("2.0.1", year_2100 + 1));
    BOOST_TEST(good(box.updater(all_week).download(source(), "")));
    BOOST_TEST(!good(box.updater(all_week).apply(When::InWindow)));
    BOOST_TEST((state() == State::WaitingForWindow));
    BOOST_TEST(good(box.updater(all_week).apply(When::Now)));
}

BOOST_FIXTURE_TEST_CASE(nothing_older_is_taken_unless_it_is_asked_for_by_name, World) {
    release_two();
    download_and_arm();
    box.start();
    box.bless();
    BOOST_TEST(good(box.updater().confirm()));
    // The server was set back, or is not the one it says it is.
    fs::remove_all(repository);
    publish(image_1);
    BOOST_TEST(refusal(box.updater().check(source(), "")).contains("older than what ran last"));
    BOOST_TEST(refusal(box.updater().download(source(), "0.9")).contains("has no version '0.9' for this box"));
    BOOST_TEST(good(box.updater().download(source(), "1.0.0")));
    BOOST_TEST(good(box.updater().apply(When::Now)));
    box.start();
    BOOST_TEST(box.version() == "1.0.0");
    box.bless();
    BOOST_TEST(good(box.updater().confirm()));
    BOOST_TEST(box.updater().journal().floor == 1000U);
}

BOOST_FIXTURE_TEST_CASE(a_person_goes_back_and_what_was_left_is_held, World) {
    const std::string second = release_two();
    download_and_arm();
    box.start();
    box.bless();
    BOOST_TEST(good(box.updater().confirm()));
    {
        auto updater = box.updater();
        good(updater.roll_back("by hand"));
        BOOST_TEST(good(updater.apply(When::Now)));
    }
    box.start();
    BOOST_TEST(box.version() == "1.0.0");
    box.bless();
    BOOST_TEST(good(box.updater().confirm()));
    BOOST_TEST((state() == State::Good));
    BOOST_TEST(box.updater().journal().held(second) != nullptr);
    BOOST_TEST(refusal(box.updater().download(source(), "")).contains("a person went back"));
    BOOST_TEST(refusal(box.updater().roll_back("by hand")).contains("which is held: a person went back"));
    // Until it is released: then it is what the other slot may be started with.
    BOOST_TEST(refusal(box.updater().release_hold("0.0.0-nothing")).contains("no commit that begins with"));
    BOOST_TEST(good(box.updater().release_hold("")).version == "1.0.1");
    good(box.updater().roll_back("by hand"));
}

BOOST_FIXTURE_TEST_CASE(going_back_counts_more_than_what_is_only_downloaded, World) {
    release_two();
    download_and_arm();
    box.start();
    box.bless();
    BOOST_TEST(good(box.updater().confirm()));
    publish(image("1.0.2", 3000));
    BOOST_TEST(good(box.updater().download(source(), "")));
    good(box.updater().roll_back("by hand"));
    // Asked for twice is meant once.
    good(box.updater().roll_back("by hand"));
    BOOST_TEST(good(box.updater().apply(When::Now)));
    box.start();
    BOOST_TEST(box.version() == "1.0.0");
    box.bless();
    BOOST_TEST(good(box.updater().confirm()));
    BOOST_TEST((state() == State::Good));
}

BOOST_FIXTURE_TEST_CASE(a_slot_on_trial_is_not_left, World) {
    release_two();
    download_and_arm();
    box.start();
    BOOST_TEST(good(box.updater().settle()).contains("on trial"));
    publish(image("1.0.2", 3000));
    const auto busy = box.updater().download(source(), "");
    BOOST_TEST((busy.error().code == Code::Busy));
}

BOOST_FIXTURE_TEST_CASE(the_right_signature_on_other_content_is_refused, World) {
    const std::string other = "holdfast/x/hospital/podman";
    const fs::path image = this->image("2.0.0", 2000, other);
    // As a confused or hostile server would: the ref that the box asks for names another's commit.
    const std::string commit = good(content::resolve(image, other));
    need({"ostree", "--repo=" + image.string(), "refs", "--create=" + std::string(test_ref), commit});
    const auto wrong = publish::carry({image, test_ref, {}, "", {}, 0, scratch / "wrong.bundle"}, keys);
    BOOST_TEST(refusal(wrong).contains("content of '" + other + "', but '" + test_ref + "' was asked for"));
    const fs::path bundle = scratch / "other.bundle";
    good(publish::carry({image, other, {}, "", {}, 0, bundle}, keys));
    BOOST_TEST(refusal(box.updater().download(bundle.string(), "")).contains("nothing of '" + std::string(test_ref)));
    BOOST_TEST((state() == State::Idle));
}

BOOST_FIXTURE_TEST_CASE(another_s_key_is_refused, World) {
    const Factory stranger;
    const fs::path image = stranger.image("6.6.6", 9000);
    const fs::path bundle = scratch / "strange.bundle";
    good(publish::carry({image, test_ref, {}, "", {}, 0, bundle}, stranger.keys));
    const auto strange = box.updater().download(bundle.string(), "");
    BOOST_TEST((strange.error().code == Code::Denied));
    BOOST_TEST(strange.error().what.contains("signed with a key that is not in the keyring"));
    BOOST_TEST((state() == State::Idle));
    BOOST_TEST(!fs::exists(box.root / "ostree/root.b"));
}
