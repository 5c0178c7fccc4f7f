#include "agent/box_fixture.hpp"
#include "bus/private_bus.hpp"
#include "health/report.hpp"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>
#include <systemd/sd-bus.h>

using namespace holdfast;

namespace {

constexpr auto service = "org.holdfast.Box1";
constexpr auto object = "/org/holdfast/Box1";

// A box's tree, a bus, and holdfastd serving the one on the other.
struct Served : agent::Box {
    PrivateBus bus;
    std::optional<NotifySocket> notify;
    std::optional<Child> daemon;

    Served() {
        std::filesystem::create_directories(root / "run/holdfast");
        notify.emplace(root / "notify");
        ::setenv("DBUS_SYSTEM_BUS_ADDRESS", bus.address().c_str(), 1);
        ::setenv("NOTIFY_SOCKET", (root / "notify").c_str(), 1);
        auto child = Child::spawn({HOLDFAST_PROGRAMS "/holdfastd", "--root", root.string()}, {}, root / "log");
        ::unsetenv("NOTIFY_SOCKET");
        BOOST_REQUIRE(child.has_value());
        daemon.emplace(std::move(*child));
        BOOST_REQUIRE(notify->wait_for("READY=1"));
    }
    Finished status(const Arguments& more = {}) const {
        Arguments arguments{HOLDFAST_PROGRAMS "/holdfast", "status"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return run(arguments).value();
    }
    nlohmann::json json() const { return nlohmann::json::parse(status({"--json"}).output); }
    void report(health::Verdict verdict, health::Answer answer) const {
        health::Report report{.verdict = verdict, .explanation = "as told"};
        report.checks.push_back({.name = "10-a.sh", .kind = health::Kind::Required, .answer = answer, .last_words = "words"});
        BOOST_REQUIRE(health::write_report(root, report).has_value());
    }
};

using Bus = Handle<sd_bus, sd_bus_flush_close_unref>;

Bus listen_at(const std::string& address) {
    sd_bus* bus = nullptr;
    BOOST_REQUIRE(sd_bus_new(&bus) >= 0);
    BOOST_REQUIRE(sd_bus_set_address(bus, address.c_str()) >= 0);
    BOOST_REQUIRE(sd_bus_set_bus_client(bus, 1) >= 0);
    BOOST_REQUIRE(sd_bus_start(bus) >= 0);
    return Bus(bus);
}

int note(sd_bus_message* /*message*/, void* seen, sd_bus_error* /*error*/) {
    *static_cast<bool*>(seen) = true;
    return 0;
}

// Processes the bus until `seen`, ten seconds at most.
void wait_until(sd_bus* bus, const bool& seen) {
    for (int rounds = 0; !seen && rounds < 1000; ++rounds) {
        const int done = sd_bus_process(bus, nullptr);
        BOOST_REQUIRE(done >= 0);
        if (done == 0 && sd_bus_wait(bus, 10'000'000) <= 0) break;
    }
    BOOST_TEST(seen);
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(the_command_tells_what_the_box_is, Served) {
    const auto told = json();
    BOOST_TEST(told.at("board") == "generic-x86-64");
    BOOST_TEST(told.at("slot") == "a");
    BOOST_TEST(told.at("commit") == commit);
    BOOST_TEST(told.at("tries_left") == 2);
    BOOST_TEST(told.at("development") == true);
    BOOST_TEST(told.at("verdict") == "unknown");
    BOOST_TEST(status().exit == 3);
    BOOST_TEST(status().output.contains("DEVELOPMENT IMAGE: not for production"));
}

BOOST_FIXTURE_TEST_CASE(a_new_report_is_announced_and_shown, Served) {
    const Bus listener = listen_at(bus.address());
    bool seen = false;
    BOOST_REQUIRE(sd_bus_match_signal(listener.get(), nullptr, nullptr, object, "org.freedesktop.DBus.Properties",
                                      "PropertiesChanged", note, &seen) >= 0);
    report(health::Verdict::Green, health::Answer::Healthy);
    wait_until(listener.get(), seen);
    BOOST_TEST(json().at("verdict") == "green");
    BOOST_TEST(status().exit == 0);
}

BOOST_FIXTURE_TEST_CASE(a_red_box_ends_the_command_with_1_and_names_the_check, Served) {
    const Bus listener = listen_at(bus.address());
    bool seen = false;
    sd_bus_match_signal(listener.get(), nullptr, nullptr, object, "org.freedesktop.DBus.Properties", "PropertiesChanged", note,
                        &seen);
    report(health::Verdict::Red, health::Answer::Sick);
    wait_until(listener.get(), seen);
    const auto shown = status();
    BOOST_TEST(shown.exit == 1);
    BOOST_TEST(shown.output.contains("10-a.sh"));
}

BOOST_FIXTURE_TEST_CASE(the_contract_is_what_the_bus_says, Served) {
    const std::string xml = run_or_fail({"busctl", "--address=" + bus.address(), "introspect", "--xml-interface", service, object})
                                .value();
    for (const auto* property : {"Board", "Profile", "Runtime", "Version", "Commit", "Slot", "TriesLeft", "Development",
                                 "SecureBoot", "Tpm", "Verdict", "Explanation", "Checks"})
        BOOST_TEST(xml.contains("<property name=\"" + std::string(property) + "\""), property);
}

BOOST_FIXTURE_TEST_CASE(a_daemon_that_is_gone_is_69_and_says_what_to_do, Served) {
    daemon->end();
    const auto gone = status();
    BOOST_TEST(gone.exit == 69);
    BOOST_TEST(gone.errors.contains("systemctl status holdfastd"));
}

BOOST_FIXTURE_TEST_CASE(a_second_daemon_does_not_take_the_name, Served) {
    const auto second = run({HOLDFAST_PROGRAMS "/holdfastd", "--root", root.string()}, {.time_limit = std::chrono::seconds(10)});
    BOOST_REQUIRE(second);
    BOOST_TEST(!second->timed_out);
    BOOST_TEST(second->exit == exit_code(Code::Busy));
}
