// What is measured on this box, and what it and others have recorded of it. People use: holdfast telemetry.
#include "base/words.hpp"
#include "programs/telemetry_verbs.hpp"

namespace {

using namespace holdfast;

void add_verbs(CLI::App& app, TelemetryArguments& a, TelemetryVerb& chosen) {
    auto* run = add_verb<TelemetryVerb>(app, "run", "The service: measure, show, record", run_telemetry, chosen);
    run->add_option("--port", a.port, "On the loopback; 0: one that is free, told on standard output")
        ->check(CLI::Range(0, 65'535));
    run->add_option("--socket", a.socket, "The same on a socket; '': none")->capture_default_str();
    auto* show = add_verb<TelemetryVerb>(app, "show", "The last windows, as a table", show_telemetry, chosen);
    show->add_option("--count", a.count, "How many windows")->capture_default_str()->check(CLI::Range(1, 1000));
    show->add_flag("--now", a.now, "Measure now, and record nothing");
    for (auto* each : {run, show})
        each->add_option("--bus", a.bus, "D-Bus address to ask systemd at (default: the system bus)")
            ->type_name("ADDRESS");
    auto* out =
        add_verb<TelemetryVerb>(app, "export", "What all nodes have recorded, as OTLP/JSON", export_telemetry, chosen);
    for (auto* each : {show, out})
        each->add_option("--node", a.node,
                         "Of one node: BOX, SITE/BOX, a SPIFFE ID, or the first digits of its number");
    out->add_option("--since", a.since, "What ended since then: 90m, 24h, 7d, or a day as 2026-11-30 (UTC)");
    out->add_option("--cursor", a.cursor, "Where it is kept how far that has come: each record goes once")
        ->type_name("FILE");
    auto* file = out->add_option("--out", a.out, "A file to append to, one document a line; default: standard output")
                     ->type_name("FILE");
    auto* post = out->add_option("--post", a.post, "A collector: /v1/metrics and /v1/logs are put behind it")
                     ->type_name("URL")
                     ->excludes(file);
    out->add_option("--headers", a.headers, "Lines 'NAME: VALUE' for the collector, as with a token")
        ->type_name("FILE")
        ->needs(post);
    out->add_option("--certificates", a.certificates, "Trust these authorities (PEM) and no other")
        ->type_name("FILE")
        ->needs(post);
}

}  // namespace

int main(int argc, char** argv) {
    TelemetryArguments a;
    TelemetryVerb chosen = nullptr;
    CLI::App app{"What is measured here: host, health, units, updates, messages; reduced to windows, and recorded.",
                 "holdfast telemetry"};
    app.set_version_flag("--version", "holdfast-telemetry " HOLDFAST_VERSION);
    app.require_subcommand(1);
    app.add_flag("--json", a.json, "JSON on one line");
    app.add_option("--root", a.root, "Another root folder")->type_name("DIR")->capture_default_str();
    add_verbs(app, a, chosen);
    tell_examples(
        app, {.program = "holdfast telemetry",
              .all = {"show", "show --now", "show --node pump-2 --count 4 --json", "export --since 7d >telemetry.jsonl",
                      "export --post http://127.0.0.1:4318 --cursor /var/lib/holdfast/telemetry/sent"},
              .exit_codes = "0 done, 64 wrong words, 65 records that could not be read or were refused, and "
                            "were passed over, 66 not there, 69 the collector does not answer, 75 the port "
                            "is taken, 77 the collector refuses."});
    return run_words(app, argc, argv, [&] { return chosen(a); });
}
