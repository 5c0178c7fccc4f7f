// The feeds on this box: its own, and other nodes'. People use: holdfast feed.
#include "base/cbor.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "base/when.hpp"
#include "base/words.hpp"
#include "programs/audited.hpp"
#include "programs/feed_export.hpp"
#include "programs/feeds_here.hpp"

#include <algorithm>
#include <cstdio>

namespace {

using namespace holdfast;
namespace fs = std::filesystem;

constexpr int exit_wrong = 1;
constexpr std::int64_t thousand = 1000;

struct Arguments {
    fs::path root = "/";
    std::string kind, node, tcti = "device:/dev/tpmrm0", why;
    fs::path out;
    std::size_t count = 10;
    bool json = false;
};

Result<int> list(const Arguments& a) {
    auto here = TRY(FeedsHere::open(a.root));
    Json told = Json::array();
    for (const auto& each : TRY(here.wanted(a.kind, a.node))) {
        const auto end = *TRY(here.feeds.end(each));
        told.push_back({{"node", here.named(each.origin)},
                        {"origin", hex(each.origin)},
                        {"class", text(each.kind)},
                        {"records", end.next},
                        {"signed", end.closed},
                        {"last", end.at.wall},
                        {"forked", end.forked}});
        if (a.json) continue;
        std::printf("%s  %s  %llu records, %llu of them signed, the last of %s%s\n", here.named(each.origin).c_str(),
                    std::string(text(each.kind)).c_str(), static_cast<unsigned long long>(end.next),
                    static_cast<unsigned long long>(end.closed), date(end.at.wall / thousand).c_str(),
                    end.forked ? "  FORKED: its node has signed two histories" : "");
    }
    if (a.json)
        std::puts(json::write(told).c_str());
    else if (told.empty())
        std::puts("nobody has said anything yet");
    return 0;
}

// CBOR where it is some, as JSON without byte strings; else how much it is.
Json payload(const feed::Record& record) {
    auto value = cbor::parse(record.payload, feed::payload_limit);
    if (!value) return "(" + std::to_string(record.payload.size()) + " bytes)";
    const auto tame = [](const auto& self, Json& each) -> void {
        if (each.is_binary()) {
            const auto& bytes = each.get_binary();
            each = hex({bytes.data(), bytes.size()});
        } else if (each.is_structured()) {
            for (auto& inside : each) self(self, inside);
        }
    };
    tame(tame, *value);
    return *value;
}

Result<int> tail(const Arguments& a) {
    auto here = TRY(FeedsHere::open(a.root));
    Json told = Json::array();
    for (const auto& feed : TRY(here.wanted(a.kind, a.node))) {
        const auto end = *TRY(here.feeds.end(feed));
        const auto from = end.next - std::min<std::uint64_t>(end.next, a.count);
        const auto use = [&](const feed::Record& record) -> Result<> {
            const Json value = payload(record);
            told.push_back({{"node", here.named(feed.origin)},
                            {"class", text(feed.kind)},
                            {"sequence", record.sequence},
                            {"at", record.at.wall},
                            {"type", record.type},
                            {"payload", value}});
            if (!a.json)
                std::printf("%s  %s %llu  %s  %s  %s\n", date(record.at.wall / thousand).c_str(),
                            std::string(text(feed.kind)).c_str(), static_cast<unsigned long long>(record.sequence),
                            here.named(feed.origin).c_str(), record.type.c_str(), json::write(value).c_str());
            return {};
        };
        TRY(here.feeds.read(feed, from, use));
    }
    if (a.json) std::puts(json::write(told).c_str());
    return 0;
}

Result<int> verify(const Arguments& a) {
    auto here = TRY(FeedsHere::open(a.root));
    Json told = Json::array();
    bool wrong = false;
    for (const auto& feed : TRY(here.wanted(a.kind, a.node))) {
        const auto verdict = TRY(here.verify(feed));
        wrong = wrong || verdict.wrong;
        told.push_back({{"node", here.named(feed.origin)},
                        {"class", text(feed.kind)},
                        {"good", verdict.good},
                        {"what", verdict.what}});
        if (!a.json)
            std::printf("%s  %s  %s\n", here.named(feed.origin).c_str(), std::string(text(feed.kind)).c_str(),
                        verdict.what.c_str());
    }
    if (a.json) std::puts(json::write(told).c_str());
    return wrong ? exit_wrong : 0;
}

Result<int> write_out(const Arguments& a) {
    auto here = TRY(FeedsHere::open(a.root));
    const auto feeds = TRY(here.wanted(a.kind, a.node));
    return export_feeds({a.root, a.tcti, a.out, a.json}, feeds);
}

Result<int> export_on_record(const Arguments& a) {
    const std::string on = fs::absolute(a.out).lexically_normal().string();
    return audit::on_record(on_box(a.root), {.verb = "feed.export", .on = on, .why = a.why},
                            [&] { return write_out(a); });
}

using Verb = Result<int> (*)(const Arguments&);

}  // namespace

int main(int argc, char** argv) {
    Arguments a;
    Verb chosen = nullptr;
    CLI::App app{"What this box and others have said: feeds of chained records, signed by their nodes.",
                 "holdfast feed"};
    app.set_version_flag("--version", "holdfast-feed " HOLDFAST_VERSION);
    app.require_subcommand(1);
    app.add_flag("--json", a.json, "JSON on one line");
    app.add_option("--root", a.root, "Another root folder")->type_name("DIR")->capture_default_str();
    app.add_option("--class", a.kind, "Of one class: audit, catalog, actions, health, telemetry")
        ->check(parsed_by(feed::parse_class));
    app.add_option("--node", a.node, "Of one node: BOX, SITE/BOX, a SPIFFE ID, or the first digits of its number");
    add_verb<Verb>(app, "list", "Which feeds there are, and how far they are signed", list, chosen);
    add_verb<Verb>(app, "tail", "Their last records", tail, chosen)
        ->add_option("--count", a.count, "Of each feed")
        ->capture_default_str();
    add_verb<Verb>(app, "verify", "Go through every link and every signature", verify, chosen);
    auto* out = add_verb<Verb>(app, "export", "Write them so that whoever has the root certificate can prove them",
                               export_on_record, chosen);
    out->add_option("FILE", a.out, "The file to write, or a folder")->required();
    out->add_option("--tpm", a.tcti, "Another TPM")->type_name("TCTI")->capture_default_str();
    add_why(*out, a.why);
    tell_examples(app,
                  {.program = "holdfast feed",
                   .all = {"list", "tail --class catalog --count 3", "tail --json | jq .[-1]", "verify",
                           "verify --node pump-2", "export /mnt/stick", "export health.holdfast-batch --class health"},
                   .exit_codes = "0 done, 1 something is wrong, 64 wrong words, 65 damaged, 66 not there, 69 no TPM "
                                 "that answers, 74 no space, 77 refused."});
    return run_words(app, argc, argv, [&] { return chosen(a); });
}
