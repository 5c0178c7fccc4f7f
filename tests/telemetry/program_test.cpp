// holdfast-telemetry as a box runs it: on this computer's own /proc, with a bus, a journal and a collector of the
// test's own; what it says is read by others' programs.
#include "base/good.hpp"
#include "base/json.hpp"
#include "base/scratch.hpp"
#include "base/text.hpp"
#include "bus/private_bus.hpp"
#include "enroll/kept_fixture.hpp"
#include "feed/store.hpp"
#include "health/report.hpp"
#include "places.hpp"
#include "telemetry/fake_systemd.hpp"
#include "telemetry/real_journal.hpp"
#include "telemetry/record.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <charconv>
#include <ctime>
#include <httplib.h>
#include <regex>

using namespace holdfast;
using namespace holdfast::telemetry;
using test::good;
namespace fs = std::filesystem;

namespace {

// The text format, as https://prometheus.io/docs/instrumenting/exposition_formats has it.
struct Exposed {
    std::map<std::string, std::string> types;
    std::map<std::string, double> values;

    explicit Exposed(const std::string& text) {
        static const std::regex sample(
            R"(^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{([a-zA-Z_][a-zA-Z0-9_]*="([^"\\\n]|\\.)*",?)*\})? (\S+)$)");
        static const std::regex type("^# TYPE (\\S+) (counter|gauge)$");
        std::string last;
        BOOST_REQUIRE(text.ends_with('\n'));
        for (const auto& line : split(text.substr(0, text.size() - 1), '\n')) {
            std::smatch match;
            if (std::regex_match(line, match, type)) {
                last = match[1];
                BOOST_TEST(types.emplace(last, match[2]).second, line);
            } else if (!line.starts_with("# HELP ")) {
                BOOST_REQUIRE_MESSAGE(std::regex_match(line, match, sample), line);
                BOOST_TEST(match[1].str() == last);
                BOOST_TEST(values.emplace(match[1].str() + match[2].str(), std::stod(match[5])).second, line);
            }
        }
    }
};

std::string get(httplib::Client& client, int status = 200) {
    const auto answer = client.Get("/metrics", {{"Host", "localhost"}});
    BOOST_REQUIRE(answer);
    BOOST_TEST(answer->status == status);
    return answer->body;
}

// What a script of npm's packages makes of the text.
Json read_by(const std::string& script, const std::string& text) {
    return Json::parse(
        good(run_or_fail({HOLDFAST_NODE, std::string(HOLDFAST_SCRIPTS) + "/" + script}, {.input = text})));
}

struct Box {
    Scratch scratch = good(Scratch::make("telemetry"));
    fs::path root = scratch.path();
    PrivateBus bus;
    FakeSystemd systemd{bus.address(),
                        {{"holdfastd.service", {"active", 2, 4'194'304}},
                         {"holdfast-update.service", {"inactive"}},
                         {"ward.service", {"active", 0, 8'388'608}},
                         {"ssh.service", {"active", 7, 1}},
                         {"broken.service", {"failed"}}}};

    Box() {
        fs::create_directory_symlink("/proc", root / "proc");
        fs::create_directory_symlink("/sys", root / "sys");
        for (const auto* folder : {"var/lib/holdfast", "run/holdfast", "etc/holdfast", "etc/containers/systemd"})
            good(make_directories(root / folder));
        good(write_whole(root / "etc/containers/systemd/ward.kube", "[Kube]\nYaml=ward.yaml\n"));
        good(write_whole(root / "etc/holdfast/telemetry.yaml", "sample-seconds: 1\nwindow-seconds: 2\n"));
        good(health::write_report(root, {health::Verdict::Green,
                                         "fine",
                                         {{"10-disk.sh", health::Kind::Required, health::Answer::Healthy, "", 0.5}}}));
    }
    Finished program(Arguments words) const {
        words.insert(words.begin(), HOLDFAST_TELEMETRY);
        words.insert(words.end(), {"--root", root.string()});
        return good(run(words));
    }
    std::string ok(const Arguments& words) const {
        const auto done = program(words);
        BOOST_REQUIRE_MESSAGE(done.exit == 0, done.errors);
        return done.output;
    }
};

// The service, from when it is ready.
class Running {
public:
    explicit Running(const Box& box) : box_(box) {
        ::setenv("NOTIFY_SOCKET", (box.root / "notify").c_str(), 1);
        child_.emplace(good(Child::spawn({HOLDFAST_TELEMETRY, "run", "--root", box.root.string(), "--port", "0",
                                          "--socket", socket().string(), "--bus", box.bus.address()},
                                         {}, box.root / "log")));
        ::unsetenv("NOTIFY_SOCKET");
        BOOST_REQUIRE(notify_.wait_for("READY=1"));
        static const std::regex told(R"(http://127\.0\.0\.1:(\d+)/metrics)");
        std::smatch match;
        const auto log = good(read_whole(box.root / "log"));
        BOOST_REQUIRE(std::regex_search(log, match, told));
        port = std::stoi(match[1]);
    }
    void wait_for(const std::string& status) const { BOOST_REQUIRE(notify_.wait_for(status)); }
    int stop() {
        ::kill(child_->pid(), SIGTERM);
        const auto exit = child_->wait(std::chrono::seconds(30));
        BOOST_REQUIRE(exit.has_value());
        return *exit;
    }
    fs::path socket() const { return box_.root / "run/holdfast/metrics.sock"; }
    int port = 0;

private:
    const Box& box_;
    static fs::path fresh(const fs::path& socket) {
        fs::remove(socket);
        return socket;
    }
    NotifySocket notify_{fresh(box_.root / "notify")};
    std::optional<Child> child_;
};

struct Recorded {
    std::vector<WindowRecord> windows;
    std::vector<LogsRecord> logs;
    std::uint64_t count = 0;

    explicit Recorded(const Box& box) {
        auto feeds = good(feed::Store::open(box.root / "var/lib/holdfast/feeds.db"));
        for (const auto& feed : good(feeds.feeds())) {
            BOOST_TEST((feed.kind == feed::Class::Telemetry));
            good(feeds.verify(feed, {}));
            good(feeds.read(feed, 0, [&](const feed::Record& record) -> Result<> {
                if (record.type == window_type)
                    windows.push_back(good(parse_window(record.payload)));
                else
                    logs.push_back(good(parse_logs(record.payload)));
                ++count;
                return {};
            }));
        }
    }
};

constexpr auto of_disk = R"(holdfast_health_check{answer="healthy",check="10-disk.sh",kind="required"})";

void check_values(const Exposed& exposed) {
    const auto& all = exposed.values;
    BOOST_TEST(all.at(of_disk) == 1);
    BOOST_TEST(all.at(R"(holdfast_health_verdict{verdict="green"})") == 1);
    BOOST_TEST(all.at("holdfast_units_failed") == 1);
    BOOST_TEST(all.at(R"(holdfast_unit_state{state="active",unit="holdfastd.service"})") == 1);
    BOOST_TEST(all.at(R"(holdfast_unit_restarts_total{unit="holdfastd.service"})") == 2);
    BOOST_TEST(all.at(R"(holdfast_unit_memory_bytes{unit="holdfastd.service"})") == 4'194'304);
    BOOST_TEST(all.at(R"(holdfast_unit_memory_bytes{unit="ward.service"})") == 8'388'608);
    BOOST_TEST(all.at(R"(holdfast_unit_state{state="failed",unit="broken.service"})") == 1);
    BOOST_TEST(!all.contains(R"(holdfast_unit_memory_bytes{unit="holdfast-update.service"})"));
    BOOST_TEST(!all.contains(R"(holdfast_unit_restarts_total{unit="ssh.service"})"));
    for (const std::string source : {"health", "updates", "units", "journal"})
        BOOST_TEST(all.at("holdfast_telemetry_source_up{source=\"" + source + "\"}") == 1, source);
    BOOST_TEST(all.at(R"(holdfast_log_messages_total{priority="warning"})") == 3);
    BOOST_TEST(!all.contains(R"(holdfast_log_messages_total{priority="debug"})"));
    const auto age = static_cast<double>(std::time(nullptr)) - all.at("holdfast_telemetry_sample_timestamp_seconds");
    BOOST_TEST(age < 60);
    // What stands in /proc right now.
    const auto total = R"(holdfast_host_memory_bytes{kind="total"})";
    std::smatch match;
    const auto memory = good(read_whole("/proc/meminfo"));
    BOOST_REQUIRE(std::regex_search(memory, match, std::regex("MemTotal: +(\\d+) kB")));
    BOOST_TEST(all.at(total) == std::stod(match[1]) * 1024);
}

// A collector that is away for the first request of each kind of status, and keeps what it takes.
class Collector {
public:
    Collector() {
        for (const auto* path : {"/v1/metrics", "/v1/logs"})
            server_.Post(path,
                         [this](const httplib::Request& asked, httplib::Response& answer) { take(asked, answer); });
        port_ = server_.bind_to_any_port("127.0.0.1");
        thread_ = std::jthread([this] { server_.listen_after_bind(); });
        server_.wait_until_ready();
    }
    Collector(const Collector&) = delete;
    Collector& operator=(const Collector&) = delete;
    ~Collector() { server_.stop(); }
    std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
    // To the request of that number, once.
    void answer_with(int status, std::size_t at) {
        const std::scoped_lock one_by_one(mutex_);
        failure_ = {status, at};
    }
    std::vector<std::string> taken() {
        const std::scoped_lock one_by_one(mutex_);
        return taken_;
    }

private:
    void take(const httplib::Request& asked, httplib::Response& answer) {
        const std::scoped_lock one_by_one(mutex_);
        BOOST_TEST(asked.get_header_value("Content-Type") == "application/json");
        BOOST_TEST(asked.get_header_value("X-Key") == "open sesame");
        const bool logs = asked.body.contains("resourceLogs");
        BOOST_TEST(asked.path == (logs ? "/v1/logs" : "/v1/metrics"));
        if (failure_ && failure_->second == taken_.size()) {
            answer.status = failure_->first;
            failure_.reset();
            return;
        }
        taken_.push_back(asked.body);
        answer.set_content("{}", "application/json");
    }
    std::mutex mutex_;
    std::optional<std::pair<int, std::size_t>> failure_;
    std::vector<std::string> taken_;
    httplib::Server server_;
    int port_ = 0;
    std::jthread thread_;
};

// Another reader of the format reads the same.
void check_with_another_reader(const std::string& shown) {
    const Exposed exposed(shown);
    const auto others = read_by("prometheus.js", shown);
    BOOST_TEST(others.size() == exposed.types.size());
    std::size_t samples = 0;
    for (const auto& family : others) {
        BOOST_TEST(small(family.at("type").get<std::string>()) == exposed.types.at(family.at("name")));
        for (const auto& each : family.at("metrics")) {
            const Series series{family.at("name"), each.value("labels", Labels())};
            BOOST_TEST(std::stod(each.at("value").get<std::string>()) == exposed.values.at(text(series)));
            ++samples;
        }
    }
    BOOST_TEST(samples == exposed.values.size());
}

const Series broken{"holdfast_unit_state", {{"unit", "broken.service"}, {"state", "failed"}}};

// The first one is whole, the others tell what moved and what went, without a gap, and the last one was cut.
void check_windows(const std::vector<WindowRecord>& windows, std::size_t exposed) {
    BOOST_REQUIRE(windows.size() >= 4U);
    const auto& first = windows.front();
    BOOST_TEST(first.whole);
    BOOST_TEST(first.span.ended);
    BOOST_TEST(first.samples >= 2U);
    BOOST_TEST(first.series.size() + 1 >= exposed);  // but for the time of the sample
    BOOST_TEST(first.series.contains(broken));
    bool gone = false;
    for (std::size_t i = 1; i < windows.size(); ++i) {
        BOOST_TEST(!windows[i].whole);
        BOOST_TEST(windows[i].still > 20U);
        BOOST_TEST(windows[i].span.from == windows[i - 1].span.until);
        gone = gone || std::ranges::contains(windows[i].gone, broken);
    }
    BOOST_TEST(gone);
    BOOST_TEST(!windows.back().span.ended);
}

const Pattern& the_low_one(const LogsRecord& logs) {
    const auto found = std::ranges::find(logs.patterns, "level <n> is low", &Pattern::pattern);
    BOOST_REQUIRE((found != logs.patterns.end()));
    return *found;
}

// To people, and to programs.
void check_shown(const Box& box, const Recorded& recorded, const std::string& id) {
    const auto table = box.ok({"show", "--count", "100"});
    for (const auto* words : {"holdfast_units_failed", "level <n> is low", "cut short", "gone"})
        BOOST_TEST(table.contains(words), table);
    const auto json = Json::parse(box.ok({"show", "--json", "--node", "ventilator-7", "--count", "100"}));
    BOOST_TEST(json.size() == recorded.windows.size());
    BOOST_TEST(json.at(0).at("node") == id);
    BOOST_TEST(json.at(0).at("series").size() == recorded.windows.front().series.size());
    BOOST_TEST(json.at(0).at("patterns").size() == recorded.logs.front().patterns.size());
    BOOST_TEST(Json::parse(box.ok({"show", "--json"})).at(0).at("ended") == false);
    BOOST_TEST(box.program({"show", "--node", "nobody"}).exit == 66);
}

// OpenTelemetry's own schema takes every document as it is.
void check_exported(const Box& box, const Recorded& recorded) {
    const auto lines = box.ok({"export"});
    const auto told = read_by("otlp.js", lines);
    BOOST_TEST(told.at("documents") == recorded.count);
    BOOST_TEST(told.at("logs") == recorded.logs.front().patterns.size());
    std::size_t points = 0;
    for (const auto& window : recorded.windows) {
        points += window.gone.size();
        for (const auto& [series, reduced] : window.series) points += reduced.kind == Kind::Gauge ? 2 : 1;
    }
    BOOST_TEST(told.at("points") == points);
    BOOST_TEST(box.ok({"export", "--since", "2000-01-01"}) == lines);
    BOOST_TEST(box.ok({"export", "--node", "ventilator-7"}) == lines);
    BOOST_TEST(box.ok({"export", "--since", "2100-01-01"}) == "");
    BOOST_TEST(box.program({"export", "--since", "soon"}).exit == 65);
}

// A box that has recorded, and what sends it to a collector.
struct Sending : Box {
    enroll::KeptBox kept{root, std::time(nullptr) - 86'400};
    Collector collector;
    Arguments post{"export",
                   "--post",
                   collector.url() + "/",
                   "--cursor",
                   (root / "sent").string(),
                   "--headers",
                   (root / "headers").string()};

    Sending() {
        good(write_whole(root / "headers", "# the collector's\nX-Key: open sesame\n", 0600));
        work("level 7 is low");
    }
    void work(const std::string& message) {
        write_journal(root, {{4, "pump", message}});
        Running service(*this);
        service.wait_for("STATUS=1 windows recorded");
        BOOST_TEST(service.stop() == 0);
    }
    std::string taken() {
        std::string lines;
        for (const auto& each : collector.taken()) lines += each + "\n";
        return lines;
    }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_box_measures_shows_records_and_exports, Box) {
    const enroll::KeptBox kept(root, std::time(nullptr) - 86'400);
    write_journal(root, {{4, "pump", "level 7 is low"},
                         {4, "pump", "level 12 is low"},
                         {4, "pump", "door open"},
                         {7, "pump", "debugging 1"}});
    Running service(*this);
    httplib::Client by_port("127.0.0.1", service.port), by_socket(service.socket().string());
    by_socket.set_address_family(AF_UNIX);
    const auto shown = get(by_socket);
    const Exposed exposed(shown);
    check_values(exposed);
    check_with_another_reader(shown);
    BOOST_TEST(Exposed(get(by_port)).types.size() == exposed.types.size());
    // Nobody from elsewhere, and nothing else.
    BOOST_TEST(by_port.Get("/metrics", {{"Host", "evil.example"}})->status == 403);
    BOOST_TEST(by_port.Get("/")->status == 404);
    BOOST_TEST(!httplib::Client("127.0.0.2", service.port).Get("/metrics"));
    BOOST_TEST(((fs::status(service.socket()).permissions() & fs::perms::others_all) == fs::perms::none));

    service.wait_for("STATUS=1 windows recorded");
    systemd.set("broken.service", {"inactive"});
    service.wait_for("STATUS=3 windows recorded");
    BOOST_TEST(service.stop() == 0);
    const Recorded recorded(*this);
    check_windows(recorded.windows, exposed.values.size());
    BOOST_REQUIRE(recorded.logs.size() == 1U);
    const auto& low = the_low_one(recorded.logs.front());
    BOOST_TEST(low.count == 2U);
    BOOST_TEST(low.unit == "pump");
    BOOST_TEST(low.priority == 4);
    BOOST_TEST(low.example == "level 7 is low");
    BOOST_TEST(std::ranges::none_of(recorded.logs.front().patterns,
                                    [](const auto& each) { return each.pattern.contains("debugging"); }));
    check_shown(*this, recorded, kept.id());
    check_exported(*this, recorded);
}

BOOST_FIXTURE_TEST_CASE(a_collector_gets_each_record_once_and_again_after_a_failure, Sending) {
    collector.answer_with(503, 1);
    const auto away = program(post);
    BOOST_TEST(away.exit == 69, away.errors);
    BOOST_TEST(away.errors.contains("503"), away.errors);
    BOOST_TEST(!away.errors.contains("sesame"));
    BOOST_TEST(collector.taken().size() == 1U);
    ok(post);
    BOOST_TEST(taken() == ok({"export"}));
    ok(post);
    BOOST_TEST(collector.taken().size() == Recorded(*this).count);
    // What comes later alone.
    work("level 8 is low");
    ok(post);
    BOOST_TEST(taken() == ok({"export"}));
    // The journal was read from where it was left, across starts.
    const Recorded recorded(*this);
    BOOST_REQUIRE(recorded.logs.size() == 2U);
    BOOST_TEST(the_low_one(recorded.logs.back()).count == 1U);
    BOOST_TEST(the_low_one(recorded.logs.back()).example == "level 8 is low");
}

BOOST_FIXTURE_TEST_CASE(what_a_collector_will_never_take_is_told_and_passed_over_and_what_it_may_stays, Sending) {
    const auto all = Recorded(*this).count;
    collector.answer_with(401, 0);
    const auto denied = program(post);
    BOOST_TEST(denied.exit == 77, denied.errors);
    BOOST_TEST(collector.taken().empty());
    collector.answer_with(400, 0);
    const auto refused = program(post);
    BOOST_TEST(refused.exit == 65, refused.errors);
    BOOST_TEST(refused.errors.contains("passed over"), refused.errors);
    BOOST_TEST(collector.taken().size() == all - 1);
    ok(post);
    BOOST_TEST(collector.taken().size() == all - 1);
}

BOOST_FIXTURE_TEST_CASE(a_file_has_a_cursor_of_its_own, Sending) {
    const Arguments file{"export", "--out", (root / "lines").string(), "--cursor", (root / "written").string()};
    ok(file);
    ok(file);
    BOOST_TEST(good(read_whole(root / "lines")) == ok({"export"}));
    good(write_whole(root / "written", "something else"));
    BOOST_TEST(program(file).exit == 65);
    BOOST_TEST(good(read_whole(root / "written")) == "something else");
}

BOOST_FIXTURE_TEST_CASE(a_box_that_was_not_admitted_measures_and_shows_and_records_nothing, Box) {
    Running service(*this);
    httplib::Client by_port("127.0.0.1", service.port);
    BOOST_TEST(Exposed(get(by_port)).values.contains(of_disk));
    service.wait_for("STATUS=1 windows measured");
    BOOST_TEST(service.stop() == 0);
    BOOST_TEST(!fs::exists(root / "var/lib/holdfast/feeds.db"));
    const auto show = program({"show"});
    BOOST_TEST(show.exit == 66);
    BOOST_TEST(show.errors.contains("has not been admitted"), show.errors);
    BOOST_TEST(program({"show", "--now", "--bus", bus.address()}).output.contains("holdfast_units_failed"));
    BOOST_TEST(ok({"export"}) == "");
}

BOOST_FIXTURE_TEST_CASE(without_bus_and_journal_the_rest_is_measured_and_bad_settings_are_refused, Box) {
    const auto now = program({"show", "--now", "--json", "--bus", "unix:path=/nowhere"});
    BOOST_TEST(now.exit == 0);
    BOOST_TEST(now.errors.contains("units cannot be read"), now.errors);
    BOOST_TEST(!now.output.contains("holdfast_unit_state"));
    BOOST_TEST(now.output.contains("holdfast_health_verdict"));
    good(write_whole(root / "etc/holdfast/telemetry.yaml", "sample-second: 1\n"));
    const auto refused = program({"run"});
    BOOST_TEST(refused.exit == 65);
    BOOST_TEST(refused.errors.contains("telemetry.yaml:1"), refused.errors);
    BOOST_TEST(refused.errors.contains("sample-seconds"), refused.errors);
}

// systemd-analyze tells what systemd would not take, and ends well all the same.
BOOST_AUTO_TEST_CASE(its_unit_is_one_that_systemd_takes) {
    const auto scratch = good(Scratch::make("unit"));
    const auto name = std::string("holdfast-telemetry.service");
    auto unit = good(read_whole(source_folder() / "overlays/base/usr/lib/systemd/system" / name));
    const std::string program = "/usr/libexec/holdfast/holdfast-telemetry";
    const auto at = unit.find(program);
    BOOST_REQUIRE(at != std::string::npos);
    unit.replace(at, program.size(), HOLDFAST_TELEMETRY);
    good(write_whole(scratch.path() / name, unit));
    const auto done = good(run({"systemd-analyze", "verify", "--man=no", (scratch.path() / name).string()}));
    BOOST_TEST(done.exit == 0);
    BOOST_TEST(done.output + done.errors == "");
}
