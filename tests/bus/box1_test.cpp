#include "agent/box_fixture.hpp"
#include "agent/update_desk.hpp"
#include "bus/private_bus.hpp"
#include "enroll/kept_fixture.hpp"
#include "health/report.hpp"
#include "places.hpp"

#include <boost/test/unit_test.hpp>
#include <ctime>
#include <memory>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <systemd/sd-bus.h>
#include <thread>

using namespace holdfast;

namespace {

constexpr auto service = "org.holdfast.Box1";
constexpr auto object = "/org/holdfast/Box1";

using Bus = Handle<sd_bus, sd_bus_flush_close_unref>;

// Hears PropertiesChanged of the box.
class Listener {
public:
    explicit Listener(const std::string& address, const char* of = object) {
        sd_bus* bus = nullptr;
        BOOST_REQUIRE(sd_bus_new(&bus) >= 0);
        bus_.reset(bus);
        BOOST_REQUIRE(sd_bus_set_address(bus, address.c_str()) >= 0);
        BOOST_REQUIRE(sd_bus_set_bus_client(bus, 1) >= 0);
        BOOST_REQUIRE(sd_bus_start(bus) >= 0);
        BOOST_REQUIRE(sd_bus_match_signal(bus, nullptr, nullptr, of, "org.freedesktop.DBus.Properties",
                                          "PropertiesChanged", note, seen_.get()) >= 0);
    }
    // Ten seconds at most.
    void wait() const {
        while (!*seen_) {
            const int done = sd_bus_process(bus_.get(), nullptr);
            BOOST_REQUIRE(done >= 0);
            if (done == 0) BOOST_REQUIRE(sd_bus_wait(bus_.get(), 10'000'000) > 0);
        }
    }

private:
    static int note(sd_bus_message* /*message*/, void* seen, sd_bus_error* /*error*/) {
        *static_cast<bool*>(seen) = true;
        return 0;
    }
    std::unique_ptr<bool> seen_ = std::make_unique<bool>(false);
    Bus bus_;
};

// A box's tree, a bus, and holdfastd serving the one on the other.
struct Served : agent::Box {
    PrivateBus bus;
    std::optional<NotifySocket> notify;
    std::optional<Child> daemon;

    Served() { serve(); }
    // Starts holdfastd and returns when it says that it is ready.
    void serve() {
        daemon.reset();
        notify.reset();
        std::filesystem::remove(root / "notify");
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
    // One change of the health report, from its writing until the bus has told of it.
    void report_and_wait(health::Verdict verdict, health::Answer answer) const {
        const Listener listener(bus.address());
        report(verdict, answer);
        listener.wait();
    }
    void report(health::Verdict verdict, health::Answer answer) const {
        health::Report report{.verdict = verdict, .explanation = "as told"};
        report.checks.push_back(
            {.name = "10-a.sh", .kind = health::Kind::Required, .answer = answer, .last_words = "words"});
        BOOST_REQUIRE(health::write_report(root, report).has_value());
    }
};

// Each property of an introspection document as "Name type EmitsChangedSignal".
std::set<std::string> properties(const std::string& xml) {
    static const std::regex property(
        R"re(<property name="(\w+)" type="([^"]+)" access="read"(/>|>([^]*?)</property>))re");
    static const std::regex emits(R"re(EmitsChangedSignal" value="(\w+)")re");
    std::set<std::string> found;
    for (std::sregex_iterator each(xml.begin(), xml.end(), property), none; each != none; ++each) {
        std::smatch value;
        const std::string inside = (*each)[4];
        // The D-Bus specification's default, which sd-bus does not write down.
        const std::string signal = std::regex_search(inside, value, emits) ? value[1].str() : "true";
        found.insert((*each)[1].str() + " " + (*each)[2].str() + " " + signal);
    }
    return found;
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(the_command_tells_what_the_box_is, Served) {
    const auto told = json();
    BOOST_TEST(told.at("board") == "generic-x86-64");
    BOOST_TEST(told.at("slot") == "a");
    BOOST_TEST(told.at("commit") == commit);
    BOOST_TEST(told.at("tries_left") == 2);
    BOOST_TEST(told.at("options").empty());
    BOOST_TEST(told.at("development") == true);
    BOOST_TEST(told.at("verdict") == "unknown");
    BOOST_TEST(status().exit == 3);
    BOOST_TEST(status().output.contains("DEVELOPMENT IMAGE: not for production"));
}

BOOST_FIXTURE_TEST_CASE(who_the_box_is_and_how_it_stands_is_told_at_each_call, Served) {
    BOOST_TEST(json().at("identity").at("standing") == "none");
    const enroll::KeptBox kept(root, std::time(nullptr) - enroll::KeptBox::day);
    auto told = json().at("identity");
    BOOST_TEST(told.at("id") == kept.id());
    BOOST_TEST(told.at("standing") == "good");
    BOOST_TEST(told.at("term") == "good");
    BOOST_TEST(told.at("until").get<std::int64_t>() > std::time(nullptr));
    kept.list(1, identity::Withdrawal::Quarantined);
    told = json().at("identity");
    BOOST_TEST(told.at("standing") == "quarantined");
    BOOST_TEST(told.at("reason").get<std::string>().contains("newcomers get nothing here"));
    BOOST_TEST(status().output.contains("standing    quarantined  by the authority since "));
}

BOOST_FIXTURE_TEST_CASE(whether_the_disk_is_sealed_is_told, Served) {
    file("sys/class/block/vda/size", "100\n");
    BOOST_TEST(json().at("storage").at("state") == "open");
    file("sys/class/block/dm-0/dm/name", "holdfast-var\n");
    BOOST_TEST(json().at("storage").at("state") == "sealed");
    BOOST_TEST(status().output.contains("storage     sealed  /var is sealed; at this start the TPM opened it\n"));
}

BOOST_FIXTURE_TEST_CASE(a_new_report_is_announced_and_shown, Served) {
    report_and_wait(health::Verdict::Green, health::Answer::Healthy);
    BOOST_TEST(json().at("verdict") == "green");
    BOOST_TEST(json().at("explanation") == "as told");
    BOOST_TEST(json().at("checks").at(0).at("answer") == "healthy");
    BOOST_TEST(status().exit == 0);
}

BOOST_FIXTURE_TEST_CASE(a_red_box_ends_the_command_with_1_and_names_the_check, Served) {
    report_and_wait(health::Verdict::Red, health::Answer::Sick);
    const auto shown = status();
    BOOST_TEST(shown.exit == 1);
    BOOST_TEST(shown.output.contains("10-a.sh"));
    BOOST_TEST(!shown.output.contains('\x1b'), "no colours into a pipe");
}

BOOST_FIXTURE_TEST_CASE(a_report_from_before_the_daemon_is_shown, Served) {
    report(health::Verdict::Green, health::Answer::Healthy);
    serve();
    BOOST_TEST(json().at("verdict") == "green");
}

BOOST_FIXTURE_TEST_CASE(a_broken_report_is_no_verdict_and_says_why, Served) {
    {
        const Listener listener(bus.address());
        file("run/holdfast/health.json", "{\"format\":1");
        listener.wait();
    }
    BOOST_TEST(json().at("verdict") == "unknown");
    BOOST_TEST(json().at("explanation").get<std::string>().contains("not JSON"));
    BOOST_TEST(status().exit == 3);
}

BOOST_FIXTURE_TEST_CASE(the_slot_is_not_counted_once_it_is_blessed, Served) {
    const auto esp = root / "efi/EFI/Linux";
    std::filesystem::rename(esp / "holdfast-1-a+2-1.efi", esp / "holdfast-1-a.efi");
    BOOST_TEST(json().at("tries_left") == -1);
}

BOOST_FIXTURE_TEST_CASE(a_box_without_its_release_file_answers_and_says_so, Served) {
    std::filesystem::remove(root / "usr/lib/holdfast/release.json");
    std::filesystem::remove(root / "ostree/root.a");
    std::filesystem::create_symlink("no\xffthing", root / "ostree/root.a");
    serve();
    const auto told = json();
    BOOST_TEST(told.at("board") == "unknown");
    BOOST_TEST(told.at("commit") == "unknown");
    BOOST_TEST(told.at("development") == false);
    BOOST_TEST(told.at("explanation").get<std::string>().contains("release.json"));
}

BOOST_FIXTURE_TEST_CASE(the_watchdog_is_fed, Served) {
    ::setenv("WATCHDOG_USEC", "200000", 1);
    serve();
    ::unsetenv("WATCHDOG_USEC");
    BOOST_TEST(notify->wait_for("WATCHDOG=1"));
}

BOOST_FIXTURE_TEST_CASE(the_contract_is_what_the_bus_says, Served) {
    const std::string said =
        run_or_fail({"busctl", "--address=" + bus.address(), "introspect", "--xml-interface", service, object}).value();
    const std::string contract = read_whole(source_folder() / "daemon/api/org.holdfast.Box1.xml").value();
    BOOST_TEST(properties(contract).size() == 18U);
    BOOST_TEST(properties(said) == properties(contract), boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(the_contract_of_updates_is_what_the_bus_says, Served) {
    const std::string said = run_or_fail({"busctl", "--address=" + bus.address(), "introspect", "--xml-interface",
                                          service, "/org/holdfast/Update1"})
                                 .value();
    const std::string contract = read_whole(source_folder() / "daemon/api/org.holdfast.Update1.xml").value();
    BOOST_TEST(properties(contract).size() == 8U);
    BOOST_TEST(properties(said) == properties(contract), boost::test_tools::per_element());
    for (const char* member : {"<method name=\"Request\">", "<method name=\"History\">", "<signal name=\"Finished\">"})
        BOOST_TEST((said.contains(member) && contract.contains(member)), member);
}

BOOST_FIXTURE_TEST_CASE(a_request_for_an_update_lies_on_the_desk_and_its_end_is_told, Served) {
    const auto update = [&](const Arguments& words) {
        Arguments command{HOLDFAST_PROGRAMS "/holdfast", "update"};
        command.insert(command.end(), words.begin(), words.end());
        return run(command).value();
    };
    BOOST_TEST(update({"download", "/stick", "--no-wait"}).exit == 0);
    BOOST_TEST(
        nlohmann::json::parse(run_or_fail({"busctl", "--address=" + bus.address(), "--json=short", "get-property",
                                           service, "/org/holdfast/Update1", "org.holdfast.Update1", "Waiting"})
                                  .value())
            .at("data") == agent::waiting(root).value().id);
    const auto busy = update({"check", "--no-wait"});
    BOOST_TEST(busy.exit == 75);
    BOOST_TEST(busy.errors.contains("another request"));
    const auto request = agent::take(root);
    BOOST_REQUIRE(request.has_value());
    BOOST_TEST(request->verb == "download");
    BOOST_TEST(request->source == "/stick");
    {
        const Listener listener(bus.address(), "/org/holdfast/Update1");
        BOOST_TEST(agent::tell(root, {request->id, "download", "downloading", 5, 10, {}}).has_value());
        listener.wait();
    }
    const auto going_on = nlohmann::json::parse(update({"status", "--json"}).output);
    BOOST_TEST(going_on.at("work").at("phase") == "downloading");
    BOOST_TEST(going_on.at("work").at("over") == false);
    {
        const Listener listener(bus.address(), "/org/holdfast/Update1");
        const agent::Done done{false, "offline", "the line is dead", false};
        BOOST_TEST(agent::tell(root, {request->id, "download", "downloading", 5, 10, done}).has_value());
        listener.wait();
    }
    BOOST_TEST(update({"status"}).output.contains("failed: the line is dead"));
    BOOST_TEST(update({"history"}).output == "there was no update yet\n");
    BOOST_TEST(update({"stop", "--no-wait"}).exit == 0);
    BOOST_TEST(agent::take(root).value().verb == "stop");
}

BOOST_FIXTURE_TEST_CASE(who_asks_for_an_update_and_why_lies_on_the_desk, Served) {
    const auto update = [&](const Arguments& words) {
        Arguments command{HOLDFAST_PROGRAMS "/holdfast", "update"};
        command.insert(command.end(), words.begin(), words.end());
        return run(command).value();
    };
    BOOST_TEST(update({"rollback", "--no-wait", "--why", "the pump leaks"}).exit == 0);
    const auto request = agent::take(root).value();
    BOOST_TEST(request.why == "the pump leaks");
    const auto who = request.who.value();
    BOOST_TEST(who.by_bus);
    BOOST_TEST(who.uid == ::getuid());
    BOOST_TEST((who.login == audit::self().login));
    // A site that wants reasons hears that there is none before anything lies on the desk.
    file("etc/holdfast/audit.yaml", "reasons: [update.*]\n");
    const auto refused = update({"apply", "--no-wait"});
    BOOST_TEST(refused.exit == 77);
    BOOST_TEST(refused.errors.contains("update.apply wants a reason here"), refused.errors);
    BOOST_TEST(!agent::waiting(root).has_value());
    BOOST_TEST(update({"apply", "--no-wait", "--why", "two\nlines"}).exit == 65);
    BOOST_TEST(update({"check", "--no-wait"}).exit == 0);
}

BOOST_FIXTURE_TEST_CASE(what_lies_in_the_person_s_folder_is_asked_for_by_its_whole_path, Served) {
    file("home/os.bundle", "");
    file("home/parts.bundle.000", "");
    const auto source_of = [&](const std::string& word) {
        const std::string program = HOLDFAST_PROGRAMS "/holdfast";
        const auto asked = run({program, "update", "check", word, "--no-wait"}, {.directory = root / "home"}).value();
        BOOST_TEST(asked.exit == 0, asked.errors);
        return agent::take(root).value().source;
    };
    BOOST_TEST(source_of("os.bundle") == (root / "home/os.bundle").string());
    BOOST_TEST(source_of("./parts.bundle") == (root / "home/parts.bundle").string());
    BOOST_TEST(source_of("..") == root.string() + "/");
    BOOST_TEST(source_of("http://updates.example/site") == "http://updates.example/site");
    BOOST_TEST(source_of("none.bundle") == "none.bundle");
}

// A person at the command, and a worker that takes what is on the desk and does nothing with it.
struct Asked : Served {
    std::optional<Child> person;

    std::uint64_t ask(const Arguments& words) {
        Arguments command{HOLDFAST_PROGRAMS "/holdfast", "update"};
        command.insert(command.end(), words.begin(), words.end());
        person.emplace(Child::spawn(command, {}, root / "said").value());
        while (!agent::waiting(root)) std::this_thread::yield();
        return agent::waiting(root).value().id;
    }
    void tell(std::uint64_t id, const char* verb, const std::optional<agent::Done>& done = {}) const {
        BOOST_TEST(agent::tell(root, {id, verb, "writing", 1, 3, done}).has_value());
    }
    int exit() { return person->wait(std::chrono::seconds(30)).value_or(-1); }
    std::string said() const { return read_whole(root / "said").value(); }
};

BOOST_FIXTURE_TEST_CASE(the_command_waits_for_the_end_and_tells_it_with_its_code, Asked) {
    const auto id = ask({"apply", "--json"});
    tell(id, "apply");
    BOOST_TEST(agent::take(root).has_value());
    tell(id, "apply", agent::Done{false, "no-space", "the ESP is full", false});
    BOOST_TEST(exit() == exit_code(Code::NoSpace));
    BOOST_TEST(said().contains("\"what\":\"the ESP is full\""));
}

BOOST_FIXTURE_TEST_CASE(who_was_stopped_is_told_though_the_next_two_have_ended_by_then, Asked) {
    const auto id = ask({"download", "/stick"});
    tell(id, "download");
    BOOST_TEST(agent::take(root).has_value());
    tell(id, "download", agent::Done{false, "busy", "stopped by hand; what came is kept", false});
    tell(id + 1, "stop", agent::Done{true, "", "", false});
    tell(id + 2, "check", agent::Done{true, "", "", false});
    BOOST_TEST(exit() == exit_code(Code::Busy));
    BOOST_TEST(said().contains("holdfast: stopped by hand; what came is kept"), said());
}

BOOST_FIXTURE_TEST_CASE(a_request_that_is_lost_is_not_waited_for, Asked) {
    const auto id = ask({"apply"});
    BOOST_TEST(agent::take(root).has_value());
    tell(id + 1, "rollback");
    BOOST_TEST(exit() == exit_code(Code::Busy));
    BOOST_TEST(said().contains("knows nothing of this request any more and works at another (rollback)"), said());
}

BOOST_FIXTURE_TEST_CASE(the_address_can_be_given, Served) {
    ::setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/no/such/bus", 1);
    BOOST_TEST(status().exit == 69);
    BOOST_TEST(status({"--bus", bus.address()}).exit == 3);
}

BOOST_FIXTURE_TEST_CASE(a_daemon_that_is_gone_is_69_and_says_what_to_do, Served) {
    daemon->end();
    const auto gone = status();
    BOOST_TEST(gone.exit == 69);
    BOOST_TEST(gone.errors.contains("systemctl status holdfastd"));
}

BOOST_FIXTURE_TEST_CASE(a_second_daemon_does_not_take_the_name, Served) {
    const auto second =
        run({HOLDFAST_PROGRAMS "/holdfastd", "--root", root.string()}, {.time_limit = std::chrono::seconds(10)});
    BOOST_REQUIRE(second);
    BOOST_TEST(!second->timed_out);
    BOOST_TEST(second->exit == exit_code(Code::Busy));
}

BOOST_FIXTURE_TEST_CASE(a_health_run_ends_in_the_daemon, Served) {
    required("10-good.sh", "echo fine");
    const Listener listener(bus.address());
    const auto green = run({HOLDFAST_PROGRAMS "/holdfast-health", "--root", root.string()}).value();
    listener.wait();
    BOOST_TEST(green.exit == 0);
    BOOST_TEST(
        green.output.ends_with("\nholdfast: verdict green slot=a tries_left=2 board=generic-x86-64 profile=dev "
                               "version=0.1.0 checks=3/3\n"));
    BOOST_TEST(json().at("verdict") == "green");
    BOOST_TEST(json().at("checks").size() == 3U);
}

BOOST_FIXTURE_TEST_CASE(a_red_health_run_of_a_tree_reboots_nothing, Served) {
    required("10-bad.sh", "echo broken; exit 1");
    const auto red = run({HOLDFAST_PROGRAMS "/holdfast-health", "--root", root.string()}).value();
    BOOST_TEST(red.exit == 1);
    BOOST_TEST(red.output.contains("holdfast: check required 10-bad.sh sick "));
    BOOST_TEST(red.output.contains("holdfast: verdict red "));
}

BOOST_AUTO_TEST_CASE(a_wrong_command_line_is_64_and_help_is_0) {
    for (const char* program :
         {HOLDFAST_PROGRAMS "/holdfast", HOLDFAST_PROGRAMS "/holdfast-health", HOLDFAST_PROGRAMS "/holdfastd"}) {
        BOOST_TEST(run({program, "--no-such-option"}).value().exit == 64, program);
        BOOST_TEST(run({program, "--version"}).value().output.ends_with(" " HOLDFAST_VERSION "\n"), program);
    }
    BOOST_TEST(run({HOLDFAST_PROGRAMS "/holdfast"}).value().exit == 64);
    BOOST_TEST(run({HOLDFAST_PROGRAMS "/holdfast", "--help"}).value().output.contains("holdfast status --json"));
}
