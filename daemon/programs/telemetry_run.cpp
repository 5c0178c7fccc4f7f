// The service: measures about once a minute, shows it, and records what a window comes to.
#include "api/loop.hpp"
#include "base/file.hpp"
#include "enroll/kept.hpp"
#include "programs/telemetry_verbs.hpp"
#include "telemetry/endpoint.hpp"
#include "telemetry/exposition.hpp"
#include "telemetry/measure.hpp"
#include "telemetry/messages.hpp"
#include "telemetry/recorder.hpp"
#include "telemetry/tick.hpp"

#include <array>
#include <cstdio>
#include <deque>

namespace holdfast {

namespace {

using namespace telemetry;

constexpr std::size_t messages_at_once = 50'000, drafts_kept = 64;
constexpr std::array<const char*, priorities> priority_words{"emerg",   "alert",  "crit", "err",
                                                             "warning", "notice", "info", "debug"};

class Service {
public:
    Service(const TelemetryArguments& a, const Settings& settings, Endpoint& endpoint)
        : a_(a),
          endpoint_(endpoint),
          recorder_(settings, moment_now()),
          journal_(a.root / "var/lib/holdfast/telemetry/journal-cursor") {}

    void beat() {
        const auto now = sample();
        if (recorder_.over(now)) close(now, Recorder::Ending::Over);
    }
    // What has come since the last window, up to this moment, as a window that was not over.
    void end() { close(sample(), Recorder::Ending::Early); }

private:
    Moment sample() {
        const auto now = moment_now();
        auto measured = measure(a_.root, a_.bus);
        note("journal", journal_.read(a_.root, messages_at_once, [&](const Entry& each) { recorder_.add(each); }),
             measured);
        add_own(measured.samples, now);
        recorder_.add(measured.samples);
        endpoint_.show(exposition(measured.samples));
        tell(measured.troubles);
        return now;
    }
    static void note(const std::string& source, const Result<>& done, Measured& into) {
        into.samples.push_back({{"holdfast_telemetry_source_up", {{"source", source}}}, done ? 1.0 : 0.0});
        if (!done) into.troubles[source] = done.error().what;
    }
    void add_own(Samples& into, Moment now) const {
        constexpr double thousand = 1000;
        for (const auto& [priority, count] : recorder_.messages())
            into.push_back(
                {{"holdfast_log_messages_total", {{"priority", priority_words[static_cast<std::size_t>(priority)]}}},
                 static_cast<double>(count)});
        into.push_back({{"holdfast_telemetry_sample_timestamp_seconds", {}}, static_cast<double>(now.wall) / thousand});
        into.push_back({{"holdfast_telemetry_series", {}}, static_cast<double>(recorder_.sofar().series.size())});
        into.push_back({{"holdfast_telemetry_series_left_out", {}}, static_cast<double>(recorder_.sofar().left_out)});
        into.push_back({{"holdfast_telemetry_windows_lost_total", {}}, static_cast<double>(lost_)});
    }
    // Each trouble once, and not every minute.
    void tell(const std::map<std::string, std::string>& troubles) {
        for (const auto& [source, why] : troubles)
            if (!told_.contains(source) || told_[source] != why)
                std::fprintf(stderr, "holdfast-telemetry: %s cannot be read, going on without: %s\n", source.c_str(),
                             why.c_str());
        told_ = troubles;
    }
    void close(Moment now, Recorder::Ending ending) {
        for (auto& each : recorder_.finish(now, ending)) waiting_.push_back(std::move(each));
        if (const auto recorded = record(now); !recorded) {
            std::fprintf(stderr, "holdfast-telemetry: a window is not recorded, trying again with the next one: %s\n",
                         recorded.error().what.c_str());
            recorder_.lost();
            for (; waiting_.size() > drafts_kept; ++lost_) waiting_.pop_front();
        }
    }
    // A box that was not admitted anywhere has no name to record under.
    Result<> record(Moment now) {
        const auto box = TRY(enroll::Kept(a_.root).identity());
        if (box) {
            auto feeds = TRY(feed::Store::open(feeds_file(a_.root)));
            const feed::Feed own{TRY(digest_of(box->certificate.fingerprint)), feed::Class::Telemetry};
            const std::vector<feed::Draft> all(waiting_.begin(), waiting_.end());
            if (!all.empty()) TRY(feeds.append(own, all, now.wall));
        } else {
            recorder_.lost();  // once it is admitted, it begins with all that there is
        }
        waiting_.clear();
        ++windows_;
        tell_status(std::to_string(windows_) + (box ? " windows recorded"
                                                    : " windows measured; this box was not admitted "
                                                      "anywhere, so none was recorded"));
        return journal_.keep();
    }

    const TelemetryArguments& a_;
    Endpoint& endpoint_;
    Recorder recorder_;
    JournalPlace journal_;
    std::deque<feed::Draft> waiting_;
    std::uint64_t windows_ = 0, lost_ = 0;
    std::map<std::string, std::string> told_;
};

}  // namespace

Result<int> run_telemetry(const TelemetryArguments& a) {
    const auto settings = TRY(load_settings(a.root));
    for (const auto& folder : {a.root / "var/lib/holdfast/telemetry", a.socket.parent_path()})
        if (!folder.empty()) TRY(make_directories(folder));
    // First of all: it blocks the signals that end it, in the threads of the endpoint, too.
    auto loop = TRY(api::Loop::open());
    const int port = a.port >= 0 ? a.port : settings.port > 0 ? static_cast<int>(settings.port) : -1;
    auto endpoint = TRY(Endpoint::open({.port = port, .socket = a.socket}));
    if (a.port == 0) std::printf("http://127.0.0.1:%d/metrics\n", endpoint.port());
    std::fflush(stdout);
    Service service(a, settings, endpoint);
    // Ready is who has something to show.
    service.beat();
    const auto tick = TRY(Tick::start(loop.event(), settings.sample_seconds, [&] { service.beat(); }));
    TRY(loop.run());
    service.end();
    return 0;
}

}  // namespace holdfast
