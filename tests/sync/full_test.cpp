// A disk that is full: what may go makes room, in the order of the classes, and is on record; what has to be said is
// said.
#include "base/file.hpp"
#include "base/scratch.hpp"
#include "catalog/store.hpp"
#include "feed/store.hpp"
#include "feed/test_node.hpp"

#include <fcntl.h>
#include <random>
#include <sched.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

using namespace holdfast;
using namespace holdfast::feed;
namespace fs = std::filesystem;

namespace {

constexpr std::int64_t now = 1'790'000'000'000;

// Of 24 MiB, with telemetry on it, and not a page free.
struct Full {
    Scratch scratch = good(Scratch::make("full"));
    TestNode node;
    std::mt19937 random{3};

    Full() {
        BOOST_REQUIRE(::unshare(CLONE_NEWNS) == 0);
        BOOST_REQUIRE(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0);
        BOOST_REQUIRE(::mount("none", scratch.path().c_str(), "tmpfs", 0, "size=24m") == 0);
        for (int i = 0; i < 24; ++i) say(Class::Telemetry);
        say(Class::Health);
        static_cast<void>(catalog());
        fill();
    }
    ~Full() { ::umount2(scratch.path().c_str(), MNT_DETACH); }
    catalog::Store catalog() const { return good(catalog::Store::open(scratch.path() / "catalog.db")); }
    Store open() const { return good(Store::open(scratch.path() / "feeds.db")); }
    void say(Class kind) {
        auto store = open();
        std::string noise(256UL * 1024, ' ');
        for (auto& each : noise) each = static_cast<char>(random());
        const Draft draft{"noise", noise};
        good(store.append(node.feed(kind), {&draft, 1}, now));
        good(store.close(node.feed(kind), node.sign()));
    }
    std::uint64_t free() const {
        struct statvfs found{};
        ::statvfs(scratch.path().c_str(), &found);
        return found.f_bavail * found.f_frsize;
    }
    void fill() const {
        std::string piece(4096, 'x');
        const Fd file(::open((scratch.path() / "filler").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
        while (::write(file.number(), piece.data(), piece.size()) > 0) {
        }
    }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_full_disk_costs_telemetry_and_no_deed, Full) {
    BOOST_TEST(free() == 0U);
    auto store = open();
    const std::string large(200'000, 'a');
    const Draft deed{"audit.begun", large};
    for (int i = 0; i < 16; ++i) good(store.append(node.feed(Class::Audit), {&deed, 1}, now + i));
    const auto lost = good(store.lost());
    BOOST_REQUIRE(!lost.empty());
    for (const auto& each : lost) BOOST_TEST((each.feed.kind == Class::Telemetry));
    std::uint64_t deeds = 0, told = 0;
    good(store.read(node.feed(Class::Audit), 0, [&](const Record& record) -> Result<> {
        deeds += record.type == "audit.begun" ? 1 : 0;
        if (record.type == lost_type)
            for (const auto& each : good(parse_lost(record.payload))) told += each.next - each.first;
        return {};
    }));
    BOOST_TEST(deeds == 16U);
    std::uint64_t missing = 0;
    for (const auto& each : lost) missing += each.next - each.first;
    BOOST_TEST(told == missing);
    BOOST_TEST(good(store.verify(node.feed(Class::Telemetry), node.public_key())).next == 24U);
    // What no room can be made for is refused, and costs nothing that is there.
    for (int i = 0; i < 1000; ++i) {
        const auto more = store.append(node.feed(Class::Audit), {&deed, 1}, now + 100 + i);
        if (more) continue;
        BOOST_TEST((more.error().code == Code::NoSpace), more.error().what);
        break;
    }
    good(store.verify(node.feed(Class::Audit), node.public_key()));
    BOOST_TEST(good(store.end(node.feed(Class::Health)))->next == 1U);
    // And once there is room, it goes on.
    fs::remove(scratch.path() / "filler");
    good(store.append(node.feed(Class::Audit), {&deed, 1}, now + 5000));
}

// By a program that has just started: nobody has the files open that SQLite wants beside its own.
BOOST_FIXTURE_TEST_CASE(a_full_disk_is_read_all_the_same, Full) {
    BOOST_TEST(free() == 0U);
    BOOST_TEST(good(catalog().names()).empty());
    BOOST_TEST(good(open().end(node.feed(Class::Health)))->next == 1U);
}
