// One health run: prints each check and the verdict, and reboots a red box where that may help.
#include "agent/health_run.hpp"
#include "agent/reboot.hpp"
#include "base/process.hpp"
#include "base/words.hpp"
#include "health/report.hpp"
#include "programs/console.hpp"

#include <cstdio>
#include <string>

namespace {

using namespace holdfast;

enum class Reboots { Allowed, Forbidden };

int run(const std::string& root, const health::Limits& limits, Reboots reboots) {
    Console console;
    const auto say = [&](agent::Audience audience, const std::string& line) { console.say(audience, line); };
    const auto action = agent::run_health(root, limits, say);
    if (reboots == Reboots::Allowed) agent::carry_out(action, root, agent::request_reboot, say);
    const auto report = health::read_report(root);
    return report && report->verdict == health::Verdict::Green ? 0 : 1;
}

void add_seconds(CLI::App& app, const char* name, std::chrono::seconds& limit, const char* environment,
                 const char* help) {
    app.add_option_function<unsigned>(
           name, [&limit](unsigned seconds) { limit = std::chrono::seconds(seconds); },
           std::string(help) + " (" + std::to_string(limit.count()) + ")")
        ->type_name("SECONDS")
        ->check(CLI::Range(1, 86'400))
        ->envname(environment);
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"Runs the health checks of this box once and prints the verdict.", "holdfast-health"};
    app.set_version_flag("--version", "holdfast-health " HOLDFAST_VERSION);
    app.footer("Exit codes: 0 green, 1 red.");
    std::string root = "/";
    app.add_option("--root", root, "Look at the tree under DIRECTORY and reboot nothing")->type_name("DIRECTORY");
    bool deadline = false;
    app.add_flag("--deadline", deadline, "Wait for the deadline of a slot on trial, and give it up where it hangs");
    bool stay = false;
    app.add_flag("--no-reboot", stay, "Only report, also where a red box would reboot");
    health::Limits limits;
    add_seconds(app, "--required-limit", limits.required, "HOLDFAST_REQUIRED_LIMIT", "Time for one required check");
    add_seconds(app, "--wanted-limit", limits.wanted, "HOLDFAST_WANTED_LIMIT", "Time for one wanted check");
    add_seconds(app, "--all-limit", limits.all, "HOLDFAST_ALL_LIMIT", "Time for all checks together");
    if (const auto over = parse_words(app, argc, argv)) return *over;
    if (deadline) {
        Console console;
        const auto say = [&](agent::Audience audience, const std::string& line) { console.say(audience, line); };
        const auto action = agent::run_deadline(root, say, [&] {
            if (root == "/") static_cast<void>(holdfast::run({"mount", "/efi"}));
        });
        agent::carry_out(action, root, agent::request_reboot, say);
        return 0;
    }
    return run(root, limits, stay || root != "/" ? Reboots::Forbidden : Reboots::Allowed);
}
