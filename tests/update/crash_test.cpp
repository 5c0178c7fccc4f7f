// The updater dies at each of its steps, as if the power went. Whatever starts then is whole, and the update goes on to
// its end.
#include "base/in_child.hpp"
#include "box.hpp"
#include "net/evil_server.hpp"
#include "places.hpp"

#include <set>

using namespace holdfast;
using namespace holdfast::test;
using update::State;
using update::When;

namespace {

// Made once: what differs from case to case is a copy of the box.
struct World : Delivered {
    World() : Delivered(Weight::Heavy) {}
    std::string second = publish(image("1.0.1", 2000));
};

const World& world() {
    static const World made;
    return made;
}

struct Copy {
    Scratch scratch;
    TestBox box = world().box;
    Copy() {
        need({"cp", "-a", "--reflink=auto", world().box.root.string(), (scratch / "box").string()});
        box.root = scratch / "box";
    }
    // As holdfast-update would be called, again and again, until there is nothing more to do.
    void finish(const std::string& source) {
        for (int i = 0; i < 8; ++i) {
            good(box.updater().settle());
            if (box.version() == "1.0.1") break;
            if (box.updater().journal().state() != State::Rebooting) (void)box.updater().download(source, "");
            good(box.updater().apply(When::Now));
            box.start();
        }
        box.bless();
        good(box.updater().confirm());
        BOOST_TEST((box.updater().journal().state() == State::Good));
        BOOST_TEST(box.version() == "1.0.1");
        box.fsck();
    }
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_cut_at_any_step_of_an_update_starts_something_whole_and_the_update_ends_well) {
    const EvilServer server(world().repository);
    const std::string source = server.url("");
    const std::pair<const char*, unsigned> points[] = {
        {"update.found", 1},    {"intake.chunk", 1},         {"intake.chunk", 2},        {"update.fetched", 1},
        {"unbundle.chunk", 1},  {"unbundle.unpacked", 1},    {"unbundle.written", 1},    {"unbundle.whole", 1},
        {"update.unpacked", 1}, {"slot.entries-removed", 1}, {"update.slot-removed", 1}, {"deploy.checked-out", 1},
        {"deploy.listed", 1},   {"deploy.pointed", 1},       {"update.deployed", 1},     {"esp.written", 1},
        {"esp.written", 2},     {"esp.renamed", 1},          {"esp.renamed", 2},         {"update.slot-written", 1},
        {"update.opened", 1},   {"update.armed", 1}};
    for (const auto& [point, times] : points) BOOST_TEST_CONTEXT(point << " " << times) {
            Copy copy;
            const int exit = dying_at(point, times, [&] {
                if (!copy.box.updater().download(source, "")) ::_exit(1);
                if (!copy.box.updater().apply(When::Now)) ::_exit(2);
            });
            BOOST_TEST(exit == crashed);
            copy.box.start();
            copy.finish(source);
        }
}

BOOST_AUTO_TEST_CASE(a_cut_while_a_failure_is_noted_ends_in_a_hold_all_the_same) {
    for (const char* point : {"update.judged", "update.given-up"}) BOOST_TEST_CONTEXT(point) {
            Copy copy;
            auto& box = copy.box;
            good(box.updater().download(world().repository.string(), ""));
            good(box.updater().apply(When::Now));
            for (int i = 0; i < 4; ++i) box.start();
            BOOST_TEST(box.version() == "1.0.0");
            BOOST_TEST(dying_at(point, 1, [&] { (void)box.updater().settle(); }) == crashed);
            box.start();
            BOOST_TEST(box.version() == "1.0.0");
            BOOST_TEST(good(box.updater().settle()).contains("was rolled back"));
            BOOST_TEST((box.updater().journal().state() == State::Held));
            BOOST_TEST(box.updater().journal().held(world().second) != nullptr);
            box.start();
            BOOST_TEST(box.version() == "1.0.0");
        }
}

BOOST_AUTO_TEST_CASE(a_cut_while_the_data_is_saved_or_brought_back_loses_none_of_it) {
    for (const char* point : {"snapshot.filled", "update.judged"}) BOOST_TEST_CONTEXT(point) {
            Copy copy;
            auto& box = copy.box;
            box.write_data("of 1.0.0");
            good(box.updater().download(world().repository.string(), ""));
            good(box.updater().apply(When::Now));
            box.start();
            BOOST_TEST(dying_at(point, 1, [&] { (void)box.updater().settle(); }) == crashed);
            for (int i = 0; i < 2; ++i) {
                box.start();
                good(box.updater().settle());
                box.write_data("broken by 1.0.1");
            }
            box.start();
            BOOST_TEST(box.version() == "1.0.0");
            for (const char* back : {"snapshot.copied", "snapshot.moved", "update.put-back"}) {
                BOOST_TEST(dying_at(back, 1, [&] { (void)box.updater().settle(); }) == crashed);
                box.start();
            }
            BOOST_TEST(good(box.updater().settle()).contains("was rolled back"));
            BOOST_TEST(box.data() == "of 1.0.0");
        }
}

BOOST_AUTO_TEST_CASE(a_cut_when_it_has_passed_is_good_all_the_same) {
    for (const char* point : {"update.passing", "update.passed"}) BOOST_TEST_CONTEXT(point) {
            Copy copy;
            auto& box = copy.box;
            good(box.updater().download(world().repository.string(), ""));
            good(box.updater().apply(When::Now));
            box.start();
            good(box.updater().settle());
            box.bless();
            BOOST_TEST(dying_at(point, 1, [&] { (void)box.updater().confirm(); }) == crashed);
            box.start();
            (void)good(box.updater().confirm());
            BOOST_TEST((box.updater().journal().state() == State::Good));
            BOOST_TEST(box.updater().journal().floor == 2000U);
        }
}

// Each name that is in the sources of those rooms is in some test.
BOOST_AUTO_TEST_CASE(no_crash_point_is_left_out) {
    const auto names = [](const fs::path& folder, const std::string& before, bool tests) {
        std::set<std::string> found;
        for (const auto& entry : fs::recursive_directory_iterator(folder)) {
            const std::string name = entry.path().filename().string();
            if (!name.ends_with(".cpp") || name.ends_with("_test.cpp") != tests) continue;
            const std::string text = good(read_whole(entry.path()));
            for (auto at = text.find(before); at != text.npos; at = text.find(before, at + 1)) {
                const auto begin = at + before.size();
                found.insert(text.substr(begin, text.find('"', begin) - begin));
            }
        }
        return found;
    };
    std::set<std::string> walked = names(source_folder() / "tests", "\"", true);
    walked.merge(names(source_folder() / "daemon", "\"", true));
    for (const auto* room : {"boot", "update", "content"})
        for (const auto& point : names(source_folder() / "daemon" / room, "crash_point(\"", false))
            BOOST_TEST(walked.contains(point), point << " is walked by no test");
}

BOOST_AUTO_TEST_CASE(a_cut_on_the_way_back_goes_back_later) {
    for (const auto& [point, times] : {std::pair{"esp.renamed", 1U},
                                       {"slot.addon-copied", 1U},
                                       {"slot.preferred", 1U},
                                       {"update.going-back", 1U},
                                       {"update.opened", 1U},
                                       {"update.armed", 1U}})
        BOOST_TEST_CONTEXT(point) {
            Copy copy;
            auto& box = copy.box;
            copy.finish(world().repository.string());
            const int exit = dying_at(point, times, [&] {
                auto updater = box.updater();
                if (!updater.roll_back("by hand")) ::_exit(1);
                if (!updater.apply(When::Now)) ::_exit(2);
            });
            BOOST_TEST(exit == crashed);
            box.start();
            good(box.updater().settle());
            if (box.version() != "1.0.0") {
                good(box.updater().apply(When::Now));
                box.start();
            }
            BOOST_TEST(box.version() == "1.0.0");
            box.bless();
            good(box.updater().confirm());
            BOOST_TEST((box.updater().journal().state() == State::Good));
            box.fsck();
        }
}
