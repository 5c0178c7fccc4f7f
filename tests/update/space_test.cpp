// Disks and ESPs that are too small, before and in the middle of every step: a clear error, nothing lost, and with
// space again the update goes on. Needs the right to mount, which the build root has.
#include "base/in_child.hpp"
#include "box.hpp"
#include "net/evil_server.hpp"
#include "small.hpp"

using namespace holdfast;
using namespace holdfast::test;
using update::State;
using update::When;

namespace {

struct World : Delivered {
    explicit World(Weight of_releases = Weight::Heavy) : Delivered(of_releases) {}
    std::string second = publish(image("1.0.1", 2000));

    // With what is to happen at the first sign of a phase.
    Result<bool> download(const std::string& source, const std::string& phase = {}, std::function<void()> then = {}) {
        update::Updater::Ports ports{
            .root = box.root, .settings = {}, .ref = test_ref, .link = {}, .progress = {}, .notice = {}};
        ports.link.wait = [](std::chrono::milliseconds) -> Result<> { return {}; };
        ports.progress = [&](const update::Progress& progress) {
            if (then && progress.phase == phase) std::exchange(then, {})();
        };
        auto updater = good(update::Updater::open(std::move(ports)));
        return updater.download(source, "");
    }
    void finish() {
        BOOST_TEST(good(box.updater().apply(When::Now)));
        box.start();
        BOOST_TEST(box.version() == "1.0.1");
        box.fsck();
    }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_system_partition_that_is_too_small_is_told_before_anything_is_written, World) {
    const Small small(box.root / "ostree", "80m");
    small.fill_up(20UL << 20U);
    const auto full = download(repository.string());
    BOOST_TEST((full.error().code == Code::NoSpace));
    BOOST_TEST(refusal(full).contains("MiB needed"));
    BOOST_TEST((state() == State::Idle));
    small.free_again();
    small.resize("400m");
    BOOST_TEST(good(download(repository.string())));
    finish();
}

// 1.0.1 runs, good, and 1.0.0 is in the other slot.
struct Both : World {
    explicit Both(Weight of_releases = Weight::Heavy) : World(of_releases) {
        good(download(repository.string()));
        finish();
        box.bless();
        BOOST_TEST(good(box.updater().confirm()));
    }
    bool spare() const { return fs::is_symlink(box.root / "ostree/root.a"); }
    // Leaves a little less than what is offered needs beside both: 64 MiB for folders and links, 3 % that libostree
    // keeps free. What is offered, while there is hardly any room.
    content::Content make_tight(const Small& small) {
        small.fill_up(20UL << 20U);
        const auto offer = good(box.updater().check(repository.string(), ""));
        BOOST_REQUIRE(offer.has_value());
        small.free_again();
        auto offered = offer->header.contents.front();
        small.fill_up(offered.unpacked + (64UL << 20U) + (12UL << 20U) - (256UL << 10U));
        return offered;
    }
    // At the cost of the spare slot.
    void take_third(const Small& small) {
        BOOST_TEST(good(download(repository.string())));
        BOOST_TEST(!spare());
        small.free_again();
        BOOST_TEST(good(box.updater().apply(When::Now)));
        box.start();
        BOOST_TEST(box.version() == "1.0.2");
    }
};

BOOST_FIXTURE_TEST_CASE(the_spare_slot_goes_where_the_disk_is_too_small_for_three, Both) {
    const std::string third = publish(image("1.0.2", 3000));
    fs::remove(repository / content::bundle_path(third, second));
    fs::remove(repository / content::bundle_path(third, first));
    const Small small(box.root / "ostree", "400m");
    make_tight(small);
    BOOST_TEST(spare());
    BOOST_TEST(dying_at("update.spare-freed", 1, [&] { (void)download(repository.string()); }) == crashed);
    take_third(small);
}

// Of releases whose whole is little more than what differs.
struct LightBoth : Both {
    LightBoth() : Both(Weight::Light) {}
};

BOOST_FIXTURE_TEST_CASE(no_difference_from_the_slot_that_goes_is_fetched, LightBoth) {
    const std::string third = publish(image("1.0.2", 3000));
    fs::remove(repository / content::bundle_path(third, second));
    const Small small(box.root / "ostree", "400m");
    BOOST_TEST(make_tight(small).from == first);
    take_third(small);
    box.fsck();
}

BOOST_FIXTURE_TEST_CASE(a_full_var_costs_no_slot, Both) {
    const std::string third = publish(image("1.0.2", 3000));
    for (const auto& from : {first, second}) fs::remove(repository / content::bundle_path(third, from));
    const EvilServer server(repository);
    const Small small(box.root / "var", "24m");
    BOOST_TEST((download(server.url("")).error().code == Code::NoSpace));
    BOOST_TEST(spare());
}

BOOST_FIXTURE_TEST_CASE(a_release_that_would_not_be_taken_costs_no_slot, Both) {
    const fs::path old = scratch / "old.bundle";
    good(publish::carry({image("0.9.0", 500), test_ref, {}, "", {}, 0, old}, keys));
    const Small small(box.root / "ostree", "400m");
    small.fill_up(20UL << 20U);
    BOOST_TEST((download(old.string()).error().code == Code::Denied));
    BOOST_TEST(spare());
}

BOOST_FIXTURE_TEST_CASE(a_release_that_waits_for_its_window_keeps_its_slot, Both) {
    publish(image("1.0.2", 3000));
    BOOST_TEST(good(download(repository.string())));
    const update::Settings closed{.window = good(update::Window::parse("Mon 00:00-00:01"))};
    box.clock = [] { return update::Moment{1'790'000'000, 60, "boot"}; };  // a Monday, at noon
    BOOST_TEST(!good(box.updater(closed).apply(When::InWindow)));
    BOOST_TEST((state() == State::WaitingForWindow));
    const Small small(box.root / "ostree", "400m");
    small.fill_up(20UL << 20U);
    BOOST_TEST(!good(download(repository.string())));
    BOOST_TEST(good(box.updater().check(repository.string(), "")).has_value());
    BOOST_TEST((state() == State::WaitingForWindow));
    BOOST_TEST(spare());
    box.clock = {};
    BOOST_TEST(good(box.updater().apply(When::Now)));
    box.start();
    BOOST_TEST(box.version() == "1.0.2");
}

BOOST_FIXTURE_TEST_CASE(a_disk_that_is_full_while_the_slot_is_written_is_written_later, Both) {
    publish(image("1.0.2", 3000));
    BOOST_TEST(good(download(repository.string())));
    {
        const Small small(box.root / "ostree/deploy", "64m");
        small.fill_up(0);
        const auto full = box.updater().apply(When::Now);
        BOOST_TEST((full.error().code == Code::NoSpace), refusal(full));
        BOOST_TEST((state() == State::Staged));
    }
    box.start();
    BOOST_TEST(box.version() == "1.0.1");
    BOOST_TEST(good(box.updater().apply(When::Now)));
    box.start();
    BOOST_TEST(box.version() == "1.0.2");
    box.fsck();
}

BOOST_FIXTURE_TEST_CASE(a_disk_that_fills_up_while_it_is_unpacked_loses_nothing, World) {
    fs::remove(repository / content::bundle_path(second, first));  // all of it, not the difference
    const Small small(box.root / "ostree", "400m");
    const auto full = download(repository.string(), "checking", [&] {});
    BOOST_TEST(good(full));
    // Again, on a box where somebody else takes the space in the middle.
    publish(image("1.0.2", 3000));
    const auto taken = download(repository.string(), "unpacking", [&] { small.fill_up(8192); });
    if (!taken) BOOST_TEST((taken.error().code == Code::NoSpace), taken.error().what);
    small.free_again();
    box.fsck();
    BOOST_TEST(good(download(repository.string())) != taken.has_value());
    BOOST_TEST((state() == State::Staged));
}

BOOST_FIXTURE_TEST_CASE(a_full_var_is_told_before_the_first_byte_of_the_payload, World) {
    fs::remove(repository / content::bundle_path(second, first));
    const EvilServer server(repository);
    const Small small(box.root / "var", "24m");
    const auto full = download(server.url(""));
    BOOST_TEST((full.error().code == Code::NoSpace));
    BOOST_TEST(refusal(full).contains("nothing was fetched"));
    BOOST_TEST(server.total().bytes < 200'000U);
    small.resize("200m");
    BOOST_TEST(good(download(server.url(""))));
    finish();
}

BOOST_FIXTURE_TEST_CASE(a_var_that_fills_up_on_the_way_keeps_what_came, World) {
    fs::remove(repository / content::bundle_path(second, first));
    const EvilServer server(repository);
    const Small small(box.root / "var", "64m");
    const auto full = download(server.url(""), "downloading", [&] { small.fill_up(3UL << 20U); });
    BOOST_TEST((full.error().code == Code::NoSpace));
    small.free_again();
    const auto before = server.total().bytes;
    BOOST_TEST(good(download(server.url(""))));
    const auto size = fs::file_size(repository / content::bundle_path(second, ""));
    BOOST_TEST(server.total().bytes - before < size);
    finish();
}

BOOST_FIXTURE_TEST_CASE(an_esp_that_is_too_small_refuses_before_the_old_slot_is_touched, World) {
    BOOST_TEST(good(download(repository.string())));
    const Small small(box.esp(), "2m");
    small.fill_up(100'000);
    const auto full = box.updater().apply(When::Now);
    BOOST_TEST((full.error().code == Code::NoSpace));
    BOOST_TEST(refusal(full).contains("EFI system partition"));
    BOOST_TEST((state() == State::Staged));
    BOOST_TEST(!fs::exists(box.root / "ostree/root.b"));
    box.start();
    BOOST_TEST(box.version() == "1.0.0");
    small.free_again();
    small.resize("16m");
    finish();
}

BOOST_FIXTURE_TEST_CASE(a_full_esp_keeps_a_person_where_they_are_until_there_is_room, Both) {
    const Small esp(box.esp(), "16m");
    esp.fill_up(0);
    const auto before = good(boot::entries(box.root));
    BOOST_TEST((box.updater().roll_back("by hand").error().code == Code::NoSpace));
    BOOST_TEST((good(boot::entries(box.root)) == before));
    BOOST_TEST(spare());
    esp.free_again();
    good(box.updater().roll_back("by hand"));
    // Arming is a rename, which needs no room.
    esp.fill_up(0);
    BOOST_TEST(good(box.updater().apply(When::Now)));
    box.start();
    BOOST_TEST(box.version() == "1.0.0");
}

BOOST_FIXTURE_TEST_CASE(a_var_that_is_full_when_it_counts_hides_no_end_of_an_update, World) {
    const Small var(box.root / "var", "24m");
    BOOST_TEST(good(download(repository.string())));
    BOOST_TEST(good(box.updater().apply(When::Now)));
    var.fill_up(0);
    box.start();
    BOOST_TEST(good(box.updater().settle()).contains("on trial in slot b"));
    BOOST_TEST((state() == State::Trying));
    box.bless();
    BOOST_TEST(good(box.updater().confirm()));
    BOOST_TEST((state() == State::Good));
}
