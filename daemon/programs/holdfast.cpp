// The command line tool: asks holdfastd over D-Bus and shows the answer.
#include "base/words.hpp"
#include "cli/box.hpp"
#include "cli/show.hpp"
#include "programs/update_verbs.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <unistd.h>

namespace {

using namespace holdfast;

enum class Form { People, Programs };

int status(const std::string& bus, Form form) {
    const auto box = cli::ask(bus);
    if (!box) {
        std::fprintf(stderr, "holdfast: %s\n", box.error().what.c_str());
        std::fputs("Look with: systemctl status holdfastd; journalctl -u holdfastd\n", stderr);
        return exit_code(box.error().code);
    }
    const auto colours = ::isatty(STDOUT_FILENO) ? cli::Colours::Yes : cli::Colours::No;
    const auto text = form == Form::Programs ? cli::for_programs(*box) + "\n" : cli::for_people(*box, colours);
    std::fputs(text.c_str(), stdout);
    // The loud line also reaches a person who only sees the errors of a pipe.
    if (box->development && form == Form::Programs) std::fputs("DEVELOPMENT IMAGE: not for production\n", stderr);
    return cli::exit_code_of(*box);
}

// Verbs that are programs of their own: they work on this computer's TPM or an authority's folder, not over the bus.
struct Program {
    const char *verb, *help;
};
constexpr Program programs[] = {{"enroll", "Join an authority: make a request, open its answer"},
                                {"storage", "Whether /var is sealed to the TPM, and to what"},
                                {"identity", "Who this box is, and certificates for its workloads"},
                                {"catalog", "What there is, who owns it and what it needs: write, find, tell"},
                                {"feed", "What this box and others have said: list, tail, verify"},
                                {"audit", "What was changed, by whom, when, why, and what came of it"},
                                {"sync", "What nodes have to say, carried from one to the other"},
                                {"telemetry", "What is measured here, and was recorded of it"},
                                {"hub", "Be an authority: tickets, decisions, certificates"}};

// Beside this one in a build tree, so that an authority can be tried from there; else where they are installed.
std::string file_of(const Program& program) {
    const std::string name = std::string("holdfast-") + program.verb;
    std::error_code none;
    const auto beside = std::filesystem::read_symlink("/proc/self/exe", none).replace_filename(name);
    return ::access(beside.c_str(), X_OK) == 0 ? beside.string() : HOLDFAST_LIBEXEC "/" + name;
}

// Does not come back where the words name one of them.
void hand_on(int argc, char** argv) {
    for (const auto& program : programs) {
        if (argc < 2 || std::string_view(argv[1]) != program.verb) continue;
        const std::string file = file_of(program);
        ::execv(file.c_str(), argv + 1);
        std::fprintf(stderr, "holdfast: cannot start %s: %s\n", file.c_str(), std::strerror(errno));
        std::exit(exit_code(Code::NotFound));
    }
}

}  // namespace

int main(int argc, char** argv) {
    hand_on(argc, argv);
    CLI::App app{"Shows what this Holdfast box is and how it is, and updates it.", "holdfast"};
    app.set_version_flag("--version", "holdfast " HOLDFAST_VERSION);
    app.footer(
        "Examples:\n"
        "  holdfast status                   verdict, image, slot and each check\n"
        "  holdfast status --json | jq .slot for programs\n"
        "  holdfast status >/dev/null        only the exit code\n"
        "  holdfast update --help            updates of the system\n"
        "  holdfast enroll --help            joining an authority\n\n"
        "Exit codes of status: 0 green, 1 red, 3 no verdict yet, 69 the daemon does not answer.");
    std::string bus;
    app.add_option("--bus", bus, "D-Bus address to ask at (default: the system bus)")->type_name("ADDRESS");
    app.require_subcommand(1);
    auto* show = app.add_subcommand("status", "What the box is, its slot, and the verdict of its health checks");
    bool json = false;
    show->add_flag("--json", json, "One JSON object on one line");
    show->fallthrough();
    std::function<int()> chosen = [&] { return status(bus, json ? Form::Programs : Form::People); };
    add_updates(app, bus, chosen);
    for (const auto& program : programs) app.add_subcommand(program.verb, program.help);
    if (const auto over = parse_words(app, argc, argv)) return *over;
    return chosen();
}
