// Servers that break, lie, crawl and mix things up: nothing is lost, nothing is fetched twice that need not be, and
// nobody is stormed.
#include "base/in_child.hpp"
#include "box.hpp"
#include "net/evil_server.hpp"

#include <cstdlib>
#include <tuple>

using namespace holdfast;
using namespace holdfast::test;
using update::State;

namespace {

struct World : Delivered {
    World() : Delivered(Weight::Heavy) {}
    std::string second = publish_full();
    EvilServer server{repository};
    std::vector<std::chrono::milliseconds> waits;
    std::int64_t wall = 1'790'000'000;
    static constexpr std::int64_t day = 86'400;

    // Without the difference, so that there is something to fetch.
    std::string publish_full() const {
        const std::string commit = publish(image("1.0.1", 2000));
        fs::remove(repository / content::bundle_path(commit, first));
        return commit;
    }
    std::string bundle() const { return "/" + content::bundle_path(second, ""); }
    std::uint64_t size() const { return fs::file_size(repository / content::bundle_path(second, "")); }

    Result<bool> download(update::Settings settings = {}) {
        update::Updater::Ports ports{.root = box.root,
                                     .settings = std::move(settings),
                                     .ref = test_ref,
                                     .link = {},
                                     .progress = {},
                                     .notice = {}};
        ports.link.wait = [this](std::chrono::milliseconds time) -> Result<> {
            waits.push_back(time);
            return {};
        };
        ports.link.random = [] { return 0.5; };
        ports.link.stall = std::chrono::seconds(1);
        ports.clock = [this] { return update::Moment{wall, 60, "boot"}; };
        auto updater = good(update::Updater::open(std::move(ports)));
        return updater.download(server.url(""), "");
    }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_line_that_breaks_every_64_kib_costs_no_byte_twice, World) {
    server.behave({.path = bundle(), .cut_after = 64UL * 1024});
    BOOST_TEST(good(download()));
    BOOST_TEST((state() == State::Staged));
    // What the kernel had taken when the connection broke may not have arrived, at most a buffer's worth each time.
    const auto count = server.count(bundle());
    BOOST_TEST(count.requests >= size() / 65536);
    BOOST_TEST(count.bytes <= size() + size() / 10);
    BOOST_TEST(waits.empty());
}

BOOST_FIXTURE_TEST_CASE(a_server_that_is_away_is_asked_again_ever_more_seldom_and_left_alone_then, World) {
    server.behave({.path = bundle(), .status = 503});
    BOOST_TEST((download().error().code == Code::Offline));
    BOOST_TEST((state() == State::Idle));
    BOOST_TEST(waits.size() == 8U);
    BOOST_TEST(std::ranges::is_sorted(waits));
    BOOST_TEST(server.count(bundle()).requests == 9U);
    server.behave_well();
    BOOST_TEST(good(download()));
}

BOOST_FIXTURE_TEST_CASE(an_error_in_the_middle_is_waited_out, World) {
    server.behave({.path = bundle(), .times = 2, .cut_after = 3'000'000});
    server.behave({.path = bundle(), .times = 3, .status = 500, .retry_after = 120});
    BOOST_TEST(good(download()));
    BOOST_TEST(std::ranges::count(waits, std::chrono::milliseconds(120'000)) >= 2);
    BOOST_TEST(server.count(bundle()).bytes <= size() + size() / 10);
}

BOOST_FIXTURE_TEST_CASE(a_server_without_ranges_is_enough, World) {
    server.behave({.path = bundle(), .times = 1, .cut_after = 3'000'000});
    server.behave({.path = bundle(), .ignore_range = true});
    BOOST_TEST(good(download()));
}

BOOST_FIXTURE_TEST_CASE(another_file_s_bytes_are_refused_and_asked_for_again, World) {
    put(repository / "other", noisy(20'000'000));
    server.behave({.path = bundle(), .times = 1, .cut_after = 3'000'000});
    server.behave({.path = bundle(), .times = 1, .other_file = "other"});
    BOOST_TEST(good(download()));
    BOOST_TEST(server.count(bundle()).bytes < 2 * size());
    box.fsck();
}

BOOST_FIXTURE_TEST_CASE(a_file_that_never_is_what_was_signed_ends_in_a_clear_refusal, World) {
    std::string bytes = good(read_whole(repository / content::bundle_path(second, ""), 64 * mebibyte));
    bytes[bytes.size() - 1000] = static_cast<char>(bytes[bytes.size() - 1000] ^ 1);
    put(repository / content::bundle_path(second, ""), bytes);
    const auto broken = download();
    BOOST_TEST((broken.error().code == Code::Corrupt));
    BOOST_TEST(refusal(broken).contains("is not what was signed"));
    BOOST_TEST(server.count(bundle()).bytes < 4 * size());
    BOOST_TEST(server.count(bundle()).requests < 20U);
    BOOST_TEST(!fs::exists(box.root / "ostree/root.b"));
}

BOOST_FIXTURE_TEST_CASE(ranges_that_make_no_sense_are_begun_anew, World) {
    server.behave({.path = bundle(), .times = 1, .cut_after = 3'000'000});
    server.behave({.path = bundle(), .times = 2, .status = 416});
    BOOST_TEST(good(download()));
    BOOST_TEST((state() == State::Staged));
}

BOOST_FIXTURE_TEST_CASE(wrong_lengths_are_seen_through, World) {
    server.behave({.path = bundle(), .times = 1, .length_error = 1000});
    server.behave({.path = bundle(), .times = 1, .length_error = -1000});
    BOOST_TEST(good(download()));
}

BOOST_FIXTURE_TEST_CASE(bytes_from_elsewhere_are_not_taken, World) {
    server.behave({.path = bundle(), .times = 1, .cut_after = 3'000'000});
    server.behave({.path = bundle(), .times = 2, .range_error = 7});
    BOOST_TEST(good(download()));
    box.fsck();
}

BOOST_FIXTURE_TEST_CASE(a_server_that_falls_silent_is_left_and_taken_up_again, World) {
    server.behave({.path = bundle(), .times = 1, .silent_after = 2'000'000});
    BOOST_TEST(good(download()));
    BOOST_TEST(server.count(bundle()).bytes <= size() + size() / 10);
}

BOOST_FIXTURE_TEST_CASE(the_day_s_budget_stops_and_the_next_day_goes_on, World) {
    const update::Settings settings{.bytes_per_day = 5UL << 20U};
    const auto over = download(settings);
    BOOST_TEST((over.error().code == Code::Busy));
    BOOST_TEST(refusal(over).contains("byte budget"));
    const auto first_day = server.count(bundle()).bytes;
    const auto requests = server.total().requests;
    BOOST_TEST((download(settings).error().code == Code::Busy));
    BOOST_TEST(server.count(bundle()).bytes == first_day);
    BOOST_TEST(server.total().requests <= requests + 4);
    // The same limit on the days that come.
    int days = 0;
    while (!download(settings) && days < 10) {
        wall += day;
        ++days;
    }
    BOOST_TEST((days >= 2 && days <= 4), days << " days");
    BOOST_TEST((state() == State::Staged));
    // No more is asked for than the budget pays, so that nothing travels twice.
    BOOST_TEST(server.count(bundle()).bytes <= size());
}

BOOST_FIXTURE_TEST_CASE(what_came_of_a_release_that_nobody_wants_any_more_goes, World) {
    const update::Settings settings{.bytes_per_day = 5UL << 20U};
    BOOST_TEST((download(settings).error().code == Code::Busy));
    const fs::path downloads = box.root / update::journal_folder / "downloads";
    const auto names = [&] {
        std::vector<std::string> found;
        for (const auto& each : fs::directory_iterator(downloads)) found.push_back(each.path().filename());
        return found;
    };
    BOOST_REQUIRE(names().size() == 1U);
    BOOST_TEST(names().front().starts_with(second.substr(0, 16)));
    const std::string third = publish(image("1.0.2", 3000));
    fs::remove(repository / content::bundle_path(third, first));
    wall += day;
    BOOST_TEST((download(settings).error().code == Code::Busy));
    for (const auto& name : names()) BOOST_TEST(name.starts_with(third.substr(0, 16)));
    BOOST_TEST(!names().empty());
}

BOOST_FIXTURE_TEST_CASE(a_clock_that_begins_at_1970_gives_no_day_twice, World) {
    const update::Settings settings{.bytes_per_day = 5UL << 20U};
    BOOST_TEST((download(settings).error().code == Code::Busy));
    const auto fetched = server.count(bundle()).bytes;
    const auto set = wall;
    wall = 60;
    BOOST_TEST((download(settings).error().code == Code::Busy));
    wall = set;
    BOOST_TEST((download(settings).error().code == Code::Busy));
    BOOST_TEST(server.count(bundle()).bytes == fetched);
}

BOOST_FIXTURE_TEST_CASE(a_cut_does_not_give_the_day_back, World) {
    const update::Settings settings{.bytes_per_day = 9UL << 20U};
    BOOST_TEST(dying_at("intake.chunk", 2, [&] { (void)download(settings); }) == crashed);
    const auto used = box.updater().journal().budget_used;
    BOOST_TEST(used >= 4UL << 20U);
    (void)download(settings);
    BOOST_TEST(box.updater().journal().budget_used == 9UL << 20U);
    BOOST_TEST(box.updater().journal().current()->fetched <= 9UL << 20U);
}

BOOST_FIXTURE_TEST_CASE(a_line_that_is_down_for_a_day_costs_nothing_that_came_and_is_no_storm, World) {
    server.behave({.path = bundle(), .times = 1, .cut_after = 3'000'000});
    server.behave({.path = bundle(), .status = 503});
    BOOST_TEST((download().error().code == Code::Offline));
    // Every hour of a day, as the timer asks; both ways in which clocks are wrong afterwards.
    const auto before = server.total().requests;
    for (int hour = 0; hour < 24; ++hour) {
        wall += 3600;
        BOOST_TEST((download().error().code == Code::Offline));
    }
    BOOST_TEST(server.total().requests - before <= 24U * 12U);
    BOOST_TEST(*std::ranges::max_element(waits) <= std::chrono::minutes(15));
    wall -= 3 * day;
    server.behave_well();
    BOOST_TEST(good(download()));
    BOOST_TEST(server.count(bundle()).bytes <= size() + size() / 10);
}

// What gpgv and whoever else is started believes of the time.
class FakeTime {
public:
    explicit FakeTime(const char* when) {
        ::setenv("LD_PRELOAD", "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1", 1);
        ::setenv("FAKETIME", when, 1);
    }
    FakeTime(const FakeTime&) = delete;
    FakeTime& operator=(const FakeTime&) = delete;
    ~FakeTime() {
        ::unsetenv("LD_PRELOAD");
        ::unsetenv("FAKETIME");
    }
};

BOOST_FIXTURE_TEST_CASE(whatever_year_the_clock_says_an_update_is_an_update, World) {
    for (const auto& [year, date, number] : {std::tuple{"1970", "1970-01-02 00:00:00", std::int64_t{86'400}},
                                             {"2099", "2099-06-01 00:00:00", std::int64_t{4'084'000'000}}}) {
        box.clock = [number] { return update::Moment{number, 60, "boot"}; };
        TestBox copy = box;
        copy.root = scratch / (std::string("box-") + year);
        need({"cp", "-a", box.root.string(), copy.root.string()});
        const FakeTime time(date);
        BOOST_TEST(need({"date", "+%Y"}) == std::string(year) + "\n");
        auto updater = copy.updater();
        BOOST_TEST(good(updater.download(server.url(""), "")));
        BOOST_TEST(good(updater.apply(update::When::InWindow)));
    }
}

BOOST_FIXTURE_TEST_CASE(a_line_that_crawls_brings_it_in_the_end, World) {
    server.behave({.path = bundle(), .cut_after = 4'000'000, .bytes_per_second = 3'000'000});
    BOOST_TEST(good(download()));
    BOOST_TEST(server.count(bundle()).bytes <= size() + size() / 10);
    BOOST_TEST((state() == State::Staged));
}

BOOST_FIXTURE_TEST_CASE(a_look_fetches_the_head_alone, World) {
    BOOST_TEST(good(box.updater().check(server.url(""), "")).has_value());
    BOOST_TEST(server.total().bytes < 100'000U);
}

BOOST_FIXTURE_TEST_CASE(a_server_with_nothing_for_this_box_says_so, World) {
    fs::remove_all(repository / "bundles");
    const auto nothing = download();
    BOOST_TEST((nothing.error().code == Code::NotFound));
    BOOST_TEST(refusal(nothing).contains("no bundle to commit"));
    fs::remove_all(repository / "refs");
    BOOST_TEST(refusal(download()).contains("refs/heads"));
}
