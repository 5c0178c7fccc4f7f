// The one program that changes the system of a box: it does what the desk holds, what the timer is for, or what a start
// asks for, then ends.
#include "agent/reboot.hpp"
#include "agent/release.hpp"
#include "agent/update_desk.hpp"
#include "base/code.hpp"
#include "base/words.hpp"
#include "boot/firmware.hpp"
#include "boot/partition.hpp"
#include "programs/audited.hpp"
#include "programs/console.hpp"
#include "programs/writable.hpp"
#include "update/updater.hpp"

#include <chrono>
#include <cstdio>
#include <format>
#include <random>
#include <stop_token>
#include <string>

namespace {

using namespace holdfast;
namespace fs = std::filesystem;

constexpr auto between_two_lines = std::chrono::milliseconds(250);
// For whoever holds the updater: what fetches stops within two seconds, what writes does not stop.
constexpr auto patience = std::chrono::minutes(2);
constexpr auto between_two_tries = std::chrono::milliseconds(200);

// Says how far it is, but not more often than people read.
class Teller {
public:
    Teller(fs::path root, agent::Work work) : root_(std::move(root)), work_(std::move(work)) {}
    void progress(const update::Progress& progress) {
        const auto now = std::chrono::steady_clock::now();
        const bool same = progress.phase == work_.phase;
        work_.phase = progress.phase;
        work_.done = progress.done;
        work_.total = progress.total;
        if (same && now - told_ < between_two_lines) return;
        told_ = now;
        tell();
    }
    void finish(const agent::Done& done) {
        work_.finished = done;
        tell();
    }

private:
    void tell() const {
        if (auto told = agent::tell(root_, work_); !told)
            std::fprintf(stderr, "<4>%s, ignoring\n", told.error().what.c_str());
    }
    fs::path root_;
    agent::Work work_;
    std::chrono::steady_clock::time_point told_;
};

// What the site wants. A bad file must not keep a box from being updated by hand; by itself it then does nothing.
struct Wanted {
    update::Settings settings;
    std::optional<Error> damaged;
};

Wanted wanted_in(const fs::path& root) {
    auto settings = update::load_settings(root);
    if (settings) return {*std::move(settings), {}};
    std::fprintf(stderr, "<3>%s; updating by hand only until it is mended\n", settings.error().what.c_str());
    return {{}, settings.error()};
}

update::Updater::Ports ports_of(const fs::path& root, update::Settings settings, const std::stop_token& stop = {}) {
    update::Updater::Ports ports{
        .root = root, .settings = std::move(settings), .ref = {}, .link = {}, .progress = {}, .notice = {}};
    if (const auto release = agent::load_release(root)) ports.ref = release->reference();
    ports.link.certificate_authority = ports.settings.certificate_authority;
    ports.link.bytes_per_second = ports.settings.bytes_per_second;
    ports.link.stop = stop;
    ports.link.wait = [stop](std::chrono::milliseconds time) {
        return agent::pass(stop, time) ? Result<>() : fail(Code::Busy, "stopped");
    };
    ports.link.random = [] {
        static std::mt19937 generator{std::random_device()()};
        return std::uniform_real_distribution(0.0, 1.0)(generator);
    };
    ports.notice = [](const std::string& sentence) { std::fprintf(stderr, "<5>%s\n", sentence.c_str()); };
    return ports;
}

std::string words(const update::Offer& offer) {
    const auto mib = [](std::uint64_t bytes) {
        return std::format("{:.1f}", static_cast<double>(bytes) / static_cast<double>(mebibyte));
    };
    std::string text = "version " + offer.facts.version + " (commit " + offer.commit.substr(0, 12) + "), ";
    if (offer.missing == 0) return text + mib(offer.size) + " MiB, nothing to fetch";
    text += mib(offer.missing) + " MiB to fetch";
    // The rest came before the line broke.
    return offer.missing + mebibyte < offer.size ? text + " of " + mib(offer.size) : text;
}

std::string staged(const update::Updater& updater) {
    return "version " + updater.journal().current()->version + " is downloaded; next: holdfast update apply";
}

// One request, and what it is worked at with.
struct Job {
    fs::path root;
    update::Updater& updater;
    agent::Request request;
    std::optional<Error> damaged;  // of the settings
    std::stop_token stop;
};

// Where the site's own source cannot be read.
Result<> source_is_told(const Job& job) {
    if (!job.damaged || !job.request.source.empty()) return {};
    return fail(job.damaged->code, job.damaged->what + ". Until that is mended, name the source");
}

bool is_here(update::State state) {
    return state == update::State::Staged || state == update::State::WaitingForWindow;
}

bool is_news(const Job& job, const std::optional<update::Offer>& offer) {
    const auto& journal = job.updater.journal();
    return offer && (!is_here(journal.state()) || journal.current()->commit != offer->commit);
}

agent::Done told(const Job& job, const std::optional<update::Offer>& offer) {
    if (!offer) return {true, "", "what runs is the newest there is", false};
    return {true, "", is_news(job, offer) ? words(*offer) : staged(job.updater), false};
}

Result<agent::Done> check(const Job& job) {
    TRY(source_is_told(job));
    return told(job, TRY(job.updater.check(job.request.source, job.request.downgrade_to)));
}

Result<agent::Done> download(const Job& job) {
    TRY(source_is_told(job));
    const bool fresh = TRY(job.updater.download(job.request.source, job.request.downgrade_to));
    const auto state = job.updater.journal().state();
    if (fresh) return agent::Done{true, "", staged(job.updater), false};
    if (state == update::State::Staged)
        return agent::Done{true, "", "nothing newer is there; " + staged(job.updater), false};
    if (state == update::State::WaitingForWindow)
        return agent::Done{true, "", "it is downloaded and waits for its window; at once: holdfast update apply --now",
                           false};
    return agent::Done{true, "", "what runs is the newest there is", false};
}

Result<agent::Done> apply(const Job& job) {
    // The window may be what cannot be read.
    if (job.damaged && !job.request.now && job.updater.journal().state() != update::State::Rebooting)
        return fail(job.damaged->code, job.damaged->what +
                                           ". So the box may restart at no time by itself; at once all the same: "
                                           "holdfast update apply --now");
    const bool restart = TRY(job.updater.apply(job.request.now ? update::When::Now : update::When::InWindow));
    const auto* attempt = job.updater.journal().current();
    if (restart)
        return agent::Done{
            true, "", "restarting into slot " + std::string(1, attempt->slot) + " with version " + attempt->version,
            true};
    return agent::Done{true, "",
                       "version " + attempt->version +
                           " waits for its window; at once: "
                           "holdfast update apply --now",
                       false};
}

Result<agent::Done> roll_back(const Job& job) {
    using Data = update::Updater::Data;
    TRY(job.updater.roll_back("by hand", job.request.keep_data ? Data::AsItIs : Data::OfThen));
    TRY(job.updater.apply(update::When::Now));
    return agent::Done{
        true, "", "restarting into the other slot, with version " + job.updater.journal().current()->version, true};
}

Result<agent::Done> release_hold(const Job& job) {
    const auto released = TRY(job.updater.release_hold(job.request.commit));
    return agent::Done{
        true, "", "version " + released.version + " (commit " + released.commit.substr(0, 12) + ") may be tried again",
        false};
}

// Whatever was under way has stopped already, or else the updater would not be ours.
Result<agent::Done> stop(const Job& job) {
    const auto* attempt = job.updater.journal().current();
    if (!attempt || attempt->state != update::State::Downloading)
        return agent::Done{true, "", "no check and no download is under way", false};
    return agent::Done{true, "",
                       "the download of version " + attempt->version +
                           " rests, what came is kept; to go on: holdfast update download " + attempt->source,
                       false};
}

bool is_on_its_way(update::State state) {
    return state == update::State::Rebooting || state == update::State::WaitingForWindow;
}

audit::Place place_of(const fs::path& root) {
    auto place = on_box(root);
    place.warn = [](const std::string& sentence) { std::fprintf(stderr, "<4>%s\n", sentence.c_str()); };
    return place;
}

// By whoever asked for it, or by this unit itself.
Result<agent::Done> on_record(const Job& job, const std::string& verb, const std::string& on,
                              Result<agent::Done> (*work)(const Job&)) {
    audit::Entry entry(place_of(job.root),
                       {.verb = "update." + verb, .on = on, .why = job.request.why, .who = job.request.who});
    TRY(entry.begin());
    auto done = work(job);
    if (done)
        entry.end(audit::Outcome::Done, {}, done->what);
    else
        entry.end(done);
    return done;
}

std::string current_version(const Job& job) {
    const auto* attempt = job.updater.journal().current();
    return attempt ? "version " + attempt->version + " (commit " + attempt->commit.substr(0, 12) + ")" : "";
}

std::string asked_source(const Job& job) {
    const auto& source = job.request.source.empty() ? job.updater.settings().source : job.request.source;
    return source + (job.request.downgrade_to.empty() ? "" : ", downgrade to " + job.request.downgrade_to);
}

std::string asked_commit(const Job& job) {
    return job.request.commit.empty() ? "what was held last" : "commit " + job.request.commit;
}

// Looked for first: what comes by itself is a deed only where there is something.
Result<agent::Done> download_news(const Job& job) {
    TRY(source_is_told(job));
    const auto offer = TRY(job.updater.check({}, {}));
    return is_news(job, offer) ? on_record(job, "download", words(*offer), download) : told(job, offer);
}

// What somebody has wanted to be applied goes on whenever it may, whatever else the site wants to happen by itself: its
// window is open now, or the power went between the decision and the restart.
Result<agent::Done> go_on(const Job& job) {
    if (is_on_its_way(job.updater.journal().state())) return on_record(job, "apply", current_version(job), apply);
    return agent::Done{true, "", "", false};
}

// As far as the site wants it.
Result<agent::Done> automatic(const Job& job) {
    const auto how_far = job.updater.settings().automatic;
    if (how_far == update::Automatic::Nothing) return agent::Done{true, "", "nothing is to happen by itself", false};
    const auto state = job.updater.journal().state();
    if (how_far == update::Automatic::Check) return check(job);
    if (state == update::State::Rebooting) return on_record(job, "apply", current_version(job), apply);
    // What waits for its window is not put off by a source that cannot be reached, but by a person who wants something.
    auto downloaded = download_news(job);
    if (job.stop.stop_requested() || (!downloaded && !is_here(state))) return downloaded;
    if (how_far == update::Automatic::Apply && is_here(job.updater.journal().state()))
        return on_record(job, "apply", current_version(job), apply);
    return downloaded ? *downloaded : agent::Done{true, "", "", false};
}

// What is a deed in itself is on record; of what only looks, and of what happens by itself, the steps that change
// something are.
struct Verb {
    const char* name;
    Result<agent::Done> (*work)(const Job&);
    std::string (*on)(const Job&);
};
constexpr Verb verbs[] = {{"check", check, nullptr},
                          {"download", download, asked_source},
                          {"apply", apply, current_version},
                          {"rollback", roll_back, current_version},
                          {"release-hold", release_hold, asked_commit},
                          {"stop", stop, current_version},
                          {"automatic", automatic, nullptr},
                          {"go-on", go_on, nullptr}};

// A person's request waits for what happens by itself, which stops for it where it can. It stays on the desk meanwhile:
// that is how the other one knows.
Result<update::Updater> open(const fs::path& root, const agent::Request& request, const update::Settings& settings,
                             Teller& teller, const std::stop_token& stop) {
    const auto until = std::chrono::steady_clock::now() + patience;
    for (;;) {
        auto ports = ports_of(root, settings, stop);
        ports.progress = [&teller](const update::Progress& progress) { teller.progress(progress); };
        auto updater = update::Updater::open(std::move(ports));
        const bool busy = !updater && updater.error().code == Code::Busy;
        if (!busy || request.id == 0 || std::chrono::steady_clock::now() > until) return updater;
        agent::pass({}, between_two_tries);
    }
}

Result<agent::Done> work_at(const fs::path& root, Job job) {
    TRY(make_writable(root));
    job.request.source = TRY(reach(job.request.source));
    // What the last start left unsaid comes first.
    TRY(job.updater.confirm());
    for (const auto& verb : verbs)
        if (job.request.verb == verb.name)
            return verb.on ? on_record(job, verb.name, verb.on(job), verb.work) : verb.work(job);
    return fail(Code::Bug, "there is no update verb '" + job.request.verb + "'");
}

// What was cut off is told why.
Error stopped(const fs::path& root) {
    const auto wanted = agent::waiting(root);
    const std::string verb = wanted ? wanted->verb : "one that cannot be read";
    return {Code::Busy,
            (verb == "stop" ? "stopped by hand" : "stopped for another request: " + verb) + "; what came is kept"};
}

Result<agent::Done> work_until_stopped(const fs::path& root, const Job& job, const std::stop_source& stop) {
    const agent::RequestWatch watch(root, stop);
    auto done = work_at(root, job);
    if (!done && done.error().code == Code::Busy && stop.stop_requested()) return std::unexpected(stopped(root));
    return done;
}

int failed(const agent::Request& request, const Error& error) {
    std::fprintf(stderr, "<4>%s: %s\n", request.verb.c_str(), error.what.c_str());
    return exit_code(error.code);
}

int reboot(const fs::path& root) {
    if (root != "/") return 0;
    const auto asked = agent::request_reboot();
    if (asked) return 0;
    std::fprintf(stderr, "<3>the restart cannot be had, it comes with the next one: %s\n", asked.error().what.c_str());
    return exit_code(asked.error().code);
}

int run(const fs::path& root, const agent::Request& request) {
    Teller teller(root, {.id = request.id, .verb = request.verb, .phase = "", .done = 0, .total = 0});
    const std::stop_source stop;
    const auto wanted = wanted_in(root);
    auto updater = open(root, request, wanted.settings, teller, stop.get_token());
    // Whoever has the updater tells how far it is; what happens by itself has nobody who waits for its word.
    if (!updater && request.id == 0) return failed(request, updater.error());
    if (updater) teller.progress({"beginning", 0, 0});
    // Told first, so that it is always found in one place or the other.
    if (request.id != 0) static_cast<void>(agent::take(root));
    const auto done = updater
                          ? work_until_stopped(root, {root, *updater, request, wanted.damaged, stop.get_token()}, stop)
                          : std::unexpected(updater.error());
    // The updater is still ours: the next one's word comes after this one.
    if (!done) {
        teller.finish({false, std::string(name_of(done.error().code).text), done.error().what, false});
        return failed(request, done.error());
    }
    if (!done->what.empty()) std::fprintf(stderr, "<6>%s\n", done->what.c_str());
    // Told first: whoever asked hears it before the bus goes down.
    teller.finish(*done);
    return done->reboots ? reboot(root) : 0;
}

int run_requests(const fs::path& root) {
    int exit = 0;
    for (;;) {
        const auto request = agent::waiting(root);
        if (!request && request.error().code == Code::NotFound) return exit;
        if (request) {
            exit = run(root, *request);
        } else {
            std::fprintf(stderr, "<4>%s, ignoring\n", request.error().what.c_str());
            static_cast<void>(agent::take(root));
        }
    }
}

std::string outcome(const update::Attempt& attempt) {
    const std::string good = "version " + attempt.version + " is good";
    return attempt.goes_back() ? good + ": the box went back to it" : good;
}

// What a start means for the update that was going on.
Result<std::string> settled(update::Updater& updater, bool judged) {
    if (!judged) return updater.settle();
    const bool passed = TRY(updater.confirm());
    return passed ? outcome(*updater.journal().current()) : "";
}

// On record where an update goes on. A box that falls back to its good slot asks no record for leave.
int after_start(const fs::path& root, bool judged) {
    auto updater = update::Updater::open(ports_of(root, wanted_in(root).settings));
    if (!updater) {
        std::fprintf(stderr, "<3>%s\n", updater.error().what.c_str());
        return exit_code(updater.error().code);
    }
    const auto* attempt = updater->journal().current();
    audit::Entry entry(place_of(root), {.verb = judged ? "update.confirm" : "update.settle",
                                        .on = attempt ? "version " + attempt->version : "",
                                        .vital = true});
    if (attempt && (update::armed(attempt->state) || attempt->state == update::State::RolledBack))
        static_cast<void>(entry.begin());
    const auto said = settled(*updater, judged);
    if (said)
        entry.end(audit::Outcome::Done, {}, *said);
    else
        entry.end(said);
    if (said && !said->empty()) Console().say(agent::Audience::Console, "holdfast: update: " + *said);
    if (said) return 0;
    std::fprintf(stderr, "<3>%s\n", said.error().what.c_str());
    return exit_code(said.error().code);
}

// Firmware forgets its boot entries; the box would then hang on the one file of removable media. What is wrong shows
// only when all is looked at, so each look is on record.
int mend_firmware(const fs::path& root) {
    audit::Entry entry(place_of(root), {.verb = "update.firmware", .on = "boot entries", .vital = true});
    static_cast<void>(entry.begin());
    const auto esp = boot::esp_partition(root);
    const auto mended = esp ? boot::restore_boot_entry(root, *esp) : std::unexpected(esp.error());
    if (!mended) {
        entry.end(mended);
        std::fprintf(stderr, "<4>boot entries: %s\n", mended.error().what.c_str());
        return exit_code(mended.error().code);
    }
    entry.end(audit::Outcome::Done, {}, mended->repairs.empty() ? "nothing was wrong" : join(mended->repairs, "; "));
    for (const auto& repair : mended->repairs) std::fprintf(stderr, "<5>boot entries: %s\n", repair.c_str());
    return 0;
}

// The unit calls this when its main process is gone, however it went.
int note_end(const fs::path& root) {
    const auto work = agent::listen(root);
    if (work.id == 0 || work.finished) return 0;
    const char* how = std::getenv("SERVICE_RESULT");
    Teller(root, work)
        .finish({false, "bug",
                 "it was ended before it was done (" + std::string(how ? how : "unknown") +
                     "); what it had is kept, ask again",
                 false});
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"Works at updates of this box's system. People use: holdfast update.", "holdfast-update"};
    app.set_version_flag("--version", "holdfast-update " HOLDFAST_VERSION);
    app.require_subcommand(1);
    std::string root = "/";
    app.add_option("--root", root, "Work below DIRECTORY and reboot nothing")->type_name("DIRECTORY");
    app.fallthrough();
    int exit = 0;
    app.add_subcommand("run", "Do what was asked for over D-Bus")->callback([&] { exit = run_requests(root); });
    app.add_subcommand("automatic", "Do what the site's settings want to happen by itself")->callback([&] {
        exit = run(root, {.verb = "automatic"});
    });
    app.add_subcommand("go-on", "Apply what waits for its window, where that is open")->callback([&] {
        // Asked every few minutes: nothing is touched where nothing waits.
        const auto journal = update::read_journal(root);
        if (journal && is_on_its_way(journal->state())) exit = run(root, {.verb = "go-on"});
    });
    app.add_subcommand("settle", "After a start: find out what became of an update")->callback([&] {
        exit = after_start(root, false);
    });
    app.add_subcommand("confirm", "After the verdict: a slot that passed is good")->callback([&] {
        exit = after_start(root, true);
    });
    app.add_subcommand("firmware", "Put back boot entries that the firmware lost")->callback([&] {
        exit = mend_firmware(root);
    });
    app.add_subcommand("ended", "Tell that work was cut short")->callback([&] { exit = note_end(root); });
    if (const auto over = parse_words(app, argc, argv)) return *over;
    return exit;
}
