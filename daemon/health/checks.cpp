#include "health/checks.hpp"

#include "base/file.hpp"
#include "base/process.hpp"
#include "health/greenboot.hpp"

#include <algorithm>
#include <fcntl.h>
#include <mutex>
#include <thread>
#include <unistd.h>

namespace holdfast::health {

namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t output_limit = 16UL * 1024;

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

// A file's name may hold anything, and goes into lines that machines read.
std::string name_of(const fs::path& script) {
    return last_line(script.filename().string());
}

// greenboot hands every script to bash, whatever its mode; where it can start by itself that is quicker.
Arguments command(const fs::path& script) {
    char start[2] = {};
    const Fd file(::open(script.c_str(), O_RDONLY | O_CLOEXEC));
    const bool hash_bang = file && ::read(file.number(), start, 2) == 2 && start[0] == '#' && start[1] == '!';
    if (hash_bang && ::access(script.c_str(), X_OK) == 0) return {script.string()};
    return {"bash", script.string()};
}

std::string in_words(milliseconds time) {
    return std::to_string(std::chrono::ceil<std::chrono::seconds>(time).count()) + " s";
}

Heard run_script(const fs::path& script, Kind kind, milliseconds limit) {
    const auto start = Clock::now();
    Heard heard{{.name = name_of(script), .kind = kind}, {}};
    auto done = run(
        command(script),
        {.time_limit = limit, .output_limit = output_limit, .keep = Keep::Last, .merge = true, .until = Until::Exit});
    heard.outcome.seconds = seconds_since(start);
    if (!done) {
        heard.outcome.answer = Answer::Sick;
        heard.outcome.last_words = last_line(done.error().what);
        return heard;
    }
    heard.output = std::move(done->output);
    heard.outcome.last_words = last_line(heard.output);
    heard.outcome.answer = answer_of_exit(done->exit);
    if (done->timed_out) {
        heard.outcome.answer = Answer::Sick;
        heard.outcome.last_words = "did not end within " + in_words(limit);
    } else if (heard.outcome.answer == Answer::Sick && heard.outcome.last_words.empty()) {
        heard.outcome.last_words = "ended with " + std::to_string(done->exit) + " and said nothing";
    }
    return heard;
}

Heard run_built_in(const BuiltIn& check) {
    const auto start = Clock::now();
    Heard heard{check.look(), {}};
    heard.outcome.name = check.name;
    heard.outcome.kind = check.kind;
    heard.outcome.seconds = seconds_since(start);
    heard.outcome.last_words = last_line(heard.outcome.last_words);
    return heard;
}

// All checks of one kind, to be run one after the other.
struct Lane {
    Kind kind;
    milliseconds each;
    std::vector<const BuiltIn*> built_ins;
    std::vector<fs::path> scripts;
    std::vector<Outcome> outcomes;
};

struct Shared {
    Clock::time_point deadline;
    std::string all;  // the overall limit in words
    const Listener& listener;
    std::mutex mutex;
};

void note(Lane& lane, Shared& shared, const Heard& heard) {
    lane.outcomes.push_back(heard.outcome);
    const std::lock_guard lock(shared.mutex);
    if (shared.listener) shared.listener(heard);
}

void run_lane(Lane& lane, Shared& shared) {
    for (const BuiltIn* check : lane.built_ins) note(lane, shared, run_built_in(*check));
    for (const auto& script : lane.scripts) {
        const auto left = std::chrono::ceil<milliseconds>(shared.deadline - Clock::now());
        if (left.count() > 0)
            note(lane, shared, run_script(script, lane.kind, std::min(lane.each, left)));
        else
            note(lane, shared,
                 {{.name = name_of(script),
                   .kind = lane.kind,
                   // Nobody has shown that this slot does what it must.
                   .answer = lane.kind == Kind::Required ? Answer::Sick : Answer::CannotTell,
                   .last_words = "its turn did not come within " + shared.all},
                  {}});
    }
}

std::vector<fs::path> without(std::vector<fs::path> all, const std::vector<std::string>& disabled) {
    std::erase_if(all, [&](const fs::path& each) { return std::ranges::contains(disabled, each.filename().string()); });
    return all;
}

// A directory that cannot be read hides checks, so it is itself a sick check of its kind.
Lane make_lane(const fs::path& root, Kind kind, const std::vector<BuiltIn>& built_ins, const Limits& limits,
               const std::vector<std::string>& disabled) {
    Lane lane{kind, kind == Kind::Required ? limits.required : limits.wanted, {}, {}, {}};
    for (const auto& each : built_ins)
        if (each.kind == kind) lane.built_ins.push_back(&each);
    const std::string stage = "check/" + std::string(text(kind)) + ".d";
    if (auto found = scripts(root, stage))
        lane.scripts = without(std::move(*found), disabled);
    else
        lane.outcomes.push_back({stage, kind, Answer::Sick, last_line(found.error().what), 0});
    return lane;
}

}  // namespace

Findings run_checks(const fs::path& root, const std::vector<BuiltIn>& built_ins, const Limits& limits,
                    const Listener& listener) {
    Findings findings;
    auto settings = load_settings(root);
    if (!settings) settings = Settings{{}, {settings.error().what + ", ignoring"}};
    for (const auto& name : settings->disabled)
        settings->notices.push_back("check " + name + " is disabled in greenboot.conf");
    findings.notices = std::move(settings->notices);

    Lane required = make_lane(root, Kind::Required, built_ins, limits, settings->disabled);
    Lane wanted = make_lane(root, Kind::Wanted, built_ins, limits, settings->disabled);
    Shared shared{Clock::now() + limits.all, in_words(limits.all), listener, {}};
    {
        const std::jthread beside([&] { run_lane(wanted, shared); });
        run_lane(required, shared);
    }
    findings.outcomes = std::move(required.outcomes);
    std::ranges::move(wanted.outcomes, std::back_inserter(findings.outcomes));
    return findings;
}

std::vector<Outcome> run_reactions(const fs::path& root, Verdict verdict, const Limits& limits) {
    const std::string stage = verdict == Verdict::Green ? "green.d" : "red.d";
    auto found = scripts(root, stage);
    if (!found) return {{stage, Kind::Wanted, Answer::Sick, last_line(found.error().what), 0}};
    Lane lane{Kind::Wanted, limits.wanted, {}, *std::move(found), {}};
    const Listener nobody;
    Shared shared{Clock::now() + limits.all, in_words(limits.all), nobody, {}};
    run_lane(lane, shared);
    return std::move(lane.outcomes);
}

}  // namespace holdfast::health
