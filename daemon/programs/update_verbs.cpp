#include "programs/update_verbs.hpp"

#include "base/code.hpp"
#include "cli/update_show.hpp"

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <unistd.h>

namespace holdfast {

namespace {

struct Arguments {
    std::string source, downgrade_to, commit, why;
    bool json = false, now = false, no_wait = false, keep_data = false;
};

int failed(const Error& error) {
    std::fprintf(stderr, "holdfast: %s\n", error.what.c_str());
    if (error.code == Code::Offline && error.what.contains("does not answer"))
        std::fputs("Look with: systemctl status holdfastd; journalctl -u holdfastd\n", stderr);
    return exit_code(error.code);
}

cli::Colours colours() {
    return ::isatty(STDOUT_FILENO) ? cli::Colours::Yes : cli::Colours::No;
}

// One line that is written over on a terminal; in a log a line for each phase and each tenth of it.
class Bar {
public:
    ~Bar() {
        if (drawn_ && terminal_) std::fputs("\r\x1b[K", stderr);
    }
    void show(const cli::Update& update) {
        const auto& work = update.work;
        if (work.phase.empty() || work.phase == "beginning") return;
        const double speed = speed_of(work);
        if (terminal_) {
            std::fprintf(stderr, "\r\x1b[K%s", cli::progress_bar(work, speed).c_str());
        } else {
            const auto tenth = work.total ? 10 * work.done / work.total : 0;
            if (work.phase == phase_ && tenth == tenth_) return;
            tenth_ = tenth;
            std::fprintf(stderr, "%s\n", cli::progress_bar(work, speed).c_str());
        }
        phase_ = work.phase;
        drawn_ = true;
    }

private:
    // Since this phase began here: of what came meanwhile.
    double speed_of(const cli::Update::Work& work) {
        const auto now = std::chrono::steady_clock::now();
        if (work.phase != phase_) {
            begun_ = now;
            had_ = work.done;
        }
        const double seconds = std::chrono::duration<double>(now - begun_).count();
        return seconds < 1 || work.done < had_ ? 0 : static_cast<double>(work.done - had_) / seconds;
    }
    bool terminal_ = ::isatty(STDERR_FILENO) == 1, drawn_ = false;
    std::string phase_;
    std::uint64_t tenth_ = 11, had_ = 0;
    std::chrono::steady_clock::time_point begun_;
};

int exit_of(const cli::Update::Finished& finished) {
    return finished.good ? 0 : exit_code(parse_code(finished.code).value_or(Code::Bug));
}

int show_end(cli::Updates& updates, const cli::Update::Finished& finished, bool json) {
    if (json)
        std::puts(cli::finished_for_programs(finished, updates.look().value_or(cli::Update{})).c_str());
    else if (finished.good)
        std::puts(finished.what.c_str());
    else
        std::fprintf(stderr, "holdfast: %s\n", finished.what.c_str());
    return exit_of(finished);
}

// The daemon stands in another folder: what is here, in one file or in parts, is named from the root on.
std::string from_root(const std::string& source) {
    std::error_code none;
    if (!std::filesystem::exists(source, none) && !std::filesystem::exists(source + ".000", none)) return source;
    return std::filesystem::absolute(source, none).lexically_normal().string();
}

int request(const std::string& bus, const std::string& verb, const Arguments& a) {
    auto updates = cli::Updates::open(bus);
    if (!updates) return failed(updates.error());
    std::map<std::string, std::string> options;
    if (!a.source.empty()) options["source"] = from_root(a.source);
    if (!a.downgrade_to.empty()) options["downgrade-to"] = a.downgrade_to;
    if (!a.commit.empty()) options["commit"] = a.commit;
    if (!a.why.empty()) options["why"] = a.why;
    if (a.now) options["now"] = "yes";
    if (a.keep_data) options["keep-data"] = "yes";
    if (a.no_wait) {
        const auto id = updates->hand_in(verb, options);
        if (!id) return failed(id.error());
        if (a.json) std::puts(json::write({{"id", *id}}).c_str());
        return 0;
    }
    std::optional<Bar> bar(std::in_place);
    const auto finished = updates->request(verb, options, [&](const cli::Update& update) { bar->show(update); });
    bar.reset();
    return finished ? show_end(*updates, *finished, a.json) : failed(finished.error());
}

int status(const std::string& bus, bool json) {
    auto updates = cli::Updates::open(bus);
    const auto update = updates ? updates->look() : std::unexpected(updates.error());
    if (!update) return failed(update.error());
    const auto text = json ? cli::update_for_programs(*update) + "\n" : cli::update_for_people(*update, colours());
    std::fputs(text.c_str(), stdout);
    return 0;
}

int history(const std::string& bus, bool json) {
    auto updates = cli::Updates::open(bus);
    const auto told = updates ? updates->history() : std::unexpected(updates.error());
    if (!told) return failed(told.error());
    const auto text = json ? json::write(*told) + "\n" : cli::history_for_people(*told, colours());
    std::fputs(text.c_str(), stdout);
    return 0;
}

CLI::App* add_verb(CLI::App* group, const char* name, const char* help, const char* examples, Arguments& a) {
    auto* verb = group->add_subcommand(name, help);
    verb->footer(std::string("Examples:\n") + examples);
    verb->add_flag("--json", a.json, "One JSON object on one line");
    return verb;
}

void add_source(CLI::App* verb, Arguments& a) {
    verb->add_option(
        "source", a.source,
        "http(s) URL or folder of a published repository, a bundle, or the device of a stick; without it that of "
        "/etc/holdfast/update.yaml");
    verb->add_option("--downgrade-to", a.downgrade_to, "Take this version, though it is older than what ran last")
        ->type_name("VERSION");
}

// What only asks, and changes nothing.
void add_looks(CLI::App* group, const std::string& bus, std::function<int()>& chosen,
               const std::shared_ptr<Arguments>& a) {
    add_verb(group, "status", "The update that goes on", "  holdfast update status --json | jq .state", *a)
        ->callback([&chosen, &bus, a] { chosen = [&bus, a] { return status(bus, a->json); }; });
    add_verb(group, "history", "All attempts with cause and timings",
             "  holdfast update history\n  holdfast update history --json | jq .attempts[-1].cause", *a)
        ->callback([&chosen, &bus, a] { chosen = [&bus, a] { return history(bus, a->json); }; });
}

}  // namespace

void add_updates(CLI::App& app, const std::string& bus, std::function<int()>& chosen) {
    const auto a = std::make_shared<Arguments>();
    auto* group =
        app.add_subcommand("update", "Updates of the system: look, get, apply, go back")->require_subcommand(1);
    group->fallthrough();
    group->footer(
        "Examples:\n"
        "  holdfast update check                        what is there for this box\n"
        "  holdfast update download /dev/sdb1           get it from a stick\n"
        "  holdfast update apply                        write the spare slot, restart in the site's window\n"
        "  holdfast update apply --now                  the same, at once\n"
        "  holdfast update history                      what became of each update, and why\n\n"
        "Exit codes: 0 done, 65 damaged, 66 not there, 69 no line or no daemon, 74 no space, 75 busy: try again, 77 "
        "refused.");
    const auto ask = [&chosen, &bus, a](CLI::App* verb, const char* name) {
        verb->add_option("--why", a->why, "Why you do this, for whoever looks at it later: holdfast audit show")
            ->type_name("WORDS");
        verb->add_flag("--no-wait", a->no_wait, "Hand it in and end; look with: holdfast update status");
        verb->callback([&chosen, &bus, a, name] { chosen = [&bus, a, name] { return request(bus, name, *a); }; });
    };
    auto* check =
        add_verb(group, "check", "Look what the source has for this box; fetches a few kilobytes",
                 "  holdfast update check                           at the source of /etc/holdfast/update.yaml\n"
                 "  holdfast update check https://updates.example/site --json",
                 *a);
    add_source(check, *a);
    ask(check, "check");
    auto* download = add_verb(group, "download", "Get it and verify it; nothing that runs changes",
                              "  holdfast update download https://updates.example/site\n"
                              "  holdfast update download /dev/sdb1              a stick with bundles or a repository\n"
                              "  holdfast update download /srv/os.bundle --downgrade-to 1.4.0",
                              *a);
    add_source(download, *a);
    ask(download, "download");
    auto* stop =
        add_verb(group, "stop", "End a check or download that is under way; what came is kept",
                 "  holdfast update stop                            it goes on with: holdfast update download", *a);
    ask(stop, "stop");
    auto* apply = add_verb(group, "apply", "Write what was downloaded into the spare slot, and restart into it",
                           "  holdfast update apply                           restarts in the site's window\n"
                           "  holdfast update apply --now                     restarts at once",
                           *a);
    apply->add_flag("--now", a->now, "Do not wait for the site's window");
    ask(apply, "apply");
    auto* back =
        add_verb(group, "rollback",
                 "Restart into the other slot with the runtime's data of then, and hold the version that runs now",
                 "  holdfast update rollback\n"
                 "  holdfast update rollback --keep-data             only the system goes back",
                 *a);
    back->add_flag("--keep-data", a->keep_data, "The runtime's data stays as it is");
    ask(back, "rollback");
    auto* release = add_verb(group, "release-hold", "Let a version that failed be tried again",
                             "  holdfast update release-hold                    the one that was held last\n"
                             "  holdfast update release-hold 3f9a1c42e0b7       the commit, as 'history' shows it",
                             *a);
    release->add_option("commit", a->commit, "First digits of its commit; without it the one that failed last");
    ask(release, "release-hold");
    add_looks(group, bus, chosen, a);
}

}  // namespace holdfast
