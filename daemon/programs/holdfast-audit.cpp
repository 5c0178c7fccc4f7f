// What was changed on this box and on those whose feeds are here: by whom, when, why, and what came of it.
// People use: holdfast audit.
#include "base/file.hpp"
#include "base/scratch.hpp"
#include "programs/audit_show.hpp"
#include "programs/audited.hpp"
#include "programs/feed_export.hpp"
#include "programs/feeds_here.hpp"

#include <algorithm>
#include <cstdio>
#include <ctime>

namespace {

using namespace holdfast;
namespace fs = std::filesystem;

constexpr int exit_wrong = 1;
constexpr auto to_stdout = "-";

struct Arguments {
    fs::path root = "/", out;
    std::string tcti = "device:/dev/tpmrm0", since, who, what, node, why;
    bool json = false, csv = false;
};

// Whose and how, as this box knows it: only of itself it knows whether it has started since.
Named names(const FeedsHere& here) {
    return {[&here](const Digest& origin) { return here.named(origin); },
            [&here, boot = audit::now().boot](const audit::Told& told) {
                const bool own = told.origin == Digest{} || (here.self && here.self->origin == told.origin);
                return audit::state(told, own ? boot : "");
            }};
}

// What was done before this box was admitted goes over into its own feed by this.
Result<FeedsHere> open(const Arguments& a) {
    TRY(audit::Log::open(a.root, on_box(a.root).origin));
    return FeedsHere::open(a.root);
}

// Once it went over, it stands in the box's own.
Result<std::vector<feed::Feed>> wanted(FeedsHere& here, const Arguments& a) {
    auto all = TRY(here.wanted("audit", a.node));
    if (here.self) std::erase(all, audit::before_admission);
    return all;
}

Result<std::vector<audit::Told>> told(FeedsHere& here, const Arguments& a) {
    const std::int64_t now = std::time(nullptr) * std::int64_t{1000};
    const audit::Filter filter{TRY(parse_since(a.since, now)), a.who, a.what};
    std::vector<audit::Told> all;
    for (const auto& feed : TRY(wanted(here, a))) {
        auto telling = TRY(audit::deeds_in(here.feeds, feed));
        for (const auto& wrong : telling.wrong) std::fprintf(stderr, "warning: %s\n", wrong.c_str());
        for (auto& each : telling.deeds)
            if (audit::fits(each, filter)) all.push_back(std::move(each));
    }
    std::ranges::stable_sort(all, {}, &audit::Told::at);
    return all;
}

// Bytes as they are: a pipe takes them as a file does.
void put(const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
}

std::string in_json(const std::vector<audit::Told>& all, const Named& named) {
    Json list = Json::array();
    for (const auto& each : all) list.push_back(deed_in_json(each, named));
    return json::write(list) + "\n";
}

Result<int> show(const Arguments& a) {
    auto here = TRY(open(a));
    const auto all = TRY(told(here, a));
    const auto named = names(here);
    if (a.json) {
        put(in_json(all, named));
        return 0;
    }
    for (const auto& each : all) put(deed_for_people(each, named));
    if (all.empty()) std::puts("nothing of that kind is on record");
    return 0;
}

struct Checked {
    bool wrong = false;
    Json told;
    std::string words;
};

Result<Checked> check(FeedsHere& here, const feed::Feed& feed) {
    const auto verdict = TRY(here.verify(feed));
    const auto telling = audit::deeds_in(here.feeds, feed);
    const auto named = names(here);
    Checked checked{verdict.wrong || !telling || !telling->wrong.empty(), Json::object(), {}};
    checked.words = here.named(feed.origin) + "  " + verdict.what + "\n";
    Json open = Json::array(), wrong = Json::array();
    if (!telling) wrong.push_back(telling.error().what);
    for (const auto& each : telling ? telling->wrong : std::vector<std::string>()) wrong.push_back(each);
    for (const auto& each : wrong) checked.words += "  WRONG: " + each.get<std::string>() + "\n";
    for (const auto& each : telling ? telling->deeds : std::vector<audit::Told>()) {
        if (each.ended) continue;
        open.push_back(deed_in_json(each, named));
        checked.words += "  without an outcome: " + deed_for_people(each, named);
    }
    checked.told = {{"node", here.named(feed.origin)},
                    {"good", verdict.good && !checked.wrong},
                    {"what", verdict.what},
                    {"deeds", telling ? telling->deeds.size() : 0},
                    {"without_outcome", open},
                    {"wrong", wrong}};
    return checked;
}

// A deed without an outcome is no fault of the record: it goes on, or was cut off.
Result<int> verify(const Arguments& a) {
    auto here = TRY(open(a));
    Json all = Json::array();
    bool wrong = false;
    for (const auto& feed : TRY(wanted(here, a))) {
        const auto checked = TRY(check(here, feed));
        wrong = wrong || checked.wrong;
        all.push_back(checked.told);
        if (!a.json) put(checked.words);
    }
    if (a.json)
        put(json::write(all) + "\n");
    else if (all.empty())
        std::puts("nothing is on record");
    return wrong ? exit_wrong : 0;
}

Result<int> write_table(const Arguments& a) {
    auto here = TRY(open(a));
    const auto all = TRY(told(here, a));
    const auto named = names(here);
    const std::string text = a.csv ? deeds_in_csv(all, named) : in_json(all, named);
    if (a.out == to_stdout) {
        put(text);
        return 0;
    }
    TRY(write_whole(a.out, text, 0600));
    std::printf("%s: %zu deeds; nothing in it is signed\n", a.out.c_str(), all.size());
    return 0;
}

Result<int> write_batch(const Arguments& a) {
    auto here = TRY(open(a));
    const auto feeds = TRY(wanted(here, a));
    return export_feeds({a.root, a.tcti, a.out}, feeds);
}

Result<int> export_on_record(const Arguments& a) {
    const std::string on = a.out == to_stdout ? "standard output" : fs::absolute(a.out).lexically_normal().string();
    return audit::on_record(on_box(a.root), {.verb = "audit.export", .on = on, .why = a.why},
                            [&] { return a.csv || a.json ? write_table(a) : write_batch(a); });
}

using Verb = Result<int> (*)(const Arguments&);

Examples examples() {
    return {.program = "holdfast audit",
            .all = {"show --since 7d", "show --who ada --what update", "show --node pump-2 --json | jq .[-1]", "verify",
                    "export /mnt/stick", "export audit.holdfast-batch", "export --csv deeds.csv --since 2026-11-01",
                    "export --json -"},
            .exit_codes =
                "0 done, 1 something is wrong, 64 wrong words, 65 damaged, 66 not there, 69 no TPM that answers, 74 no "
                "space, 77 refused."};
}

}  // namespace

int main(int argc, char** argv) {
    Arguments a;
    Verb chosen = nullptr;
    CLI::App app{"What was changed, by whom, when, why, and what came of it.", "holdfast audit"};
    app.set_version_flag("--version", "holdfast-audit " HOLDFAST_VERSION);
    app.require_subcommand(1);
    app.add_flag("--json", a.json, "JSON on one line");
    app.add_option("--root", a.root, "Another root folder")->type_name("DIR")->capture_default_str();
    app.add_option("--node", a.node, "Of one node: BOX, SITE/BOX, a SPIFFE ID, or the first digits of its number");
    auto* showing = add_verb<Verb>(app, "show", "Deeds with their outcomes, the newest last", show, chosen);
    add_verb<Verb>(app, "verify", "Go through every link, every signature and every outcome", verify, chosen);
    auto* out =
        add_verb<Verb>(app, "export", "Write a signed batch for others to prove, or a table", export_on_record, chosen);
    out->add_option("PLACE", a.out, "A file, or a folder; of a table also - for the standard output")->required();
    out->add_flag("--csv", a.csv, "A table with a row a deed, and no proof");
    out->add_option("--tpm", a.tcti, "Another TPM")->type_name("TCTI")->capture_default_str();
    add_why(*out, a.why);
    for (auto* each : {showing, out}) {
        each->add_option("--since", a.since, "Since then: 2026-11-30, 2026-11-30T08:15 (UTC), 90m, 12h, 7d")
            ->check(parsed_by([](const std::string& words) { return parse_since(words, 0); }));
        each->add_option("--who", a.who, "By whom: part of a name");
        each->add_option("--what", a.what, "What: update.apply, or update");
    }
    tell_examples(app, examples());
    return run_words(app, argc, argv, [&] { return chosen(a); });
}
