// Feeds carried from node to node: onto a stick, and from one. People use: holdfast sync.
#include "base/file.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "base/when.hpp"
#include "base/words.hpp"
#include "programs/audited.hpp"
#include "programs/sync_line.hpp"
#include "programs/sync_nats.hpp"
#include "programs/sync_place.hpp"
#include "sync/freshness.hpp"

#include <algorithm>
#include <cstdio>
#include <ctime>

namespace {

using namespace holdfast;
namespace fs = std::filesystem;

constexpr std::uint64_t least_part = 8 * mebibyte;

struct Arguments {
    fs::path root = "/";
    std::string tcti = "device:/dev/tpmrm0", part_size = "1G", why;
    std::vector<fs::path> places;
    std::vector<std::string> readers;
    std::string address, node, group;
    fs::path folder;
    bool json = false, all = false, scheduled = false, future = false;
};

bool is(const sync::Node& node, const std::string& name) {
    return sync::is_called(node.id, node.origin, name);
}

// How far the others are whom it is for; those that were named, or all that were ever heard of.
Result<std::vector<sync::Vector>> others(SyncPlace& box, const Arguments& a) {
    std::vector<sync::Vector> all;
    if (a.all) return all;
    const auto known = TRY(box.nodes.all());
    for (const auto& name : a.readers)
        if (!std::ranges::any_of(known, [&](const auto& each) { return is(each, name); }))
            return fail(Code::NotFound,
                        "nobody called '" + name + "' was ever heard of; look with: holdfast sync status");
    for (const auto& each : known) {
        const bool wanted =
            a.readers.empty() || std::ranges::any_of(a.readers, [&](const auto& name) { return is(each, name); });
        if (wanted && each.id != box.identity.id.uri()) all.push_back(each.have);
    }
    return all;
}

Result<std::uint64_t> size_of_part(const std::string& words) {
    const auto size = parse_size(words);
    if (!size || *size < least_part)
        return fail(Code::Corrupt, "'" + words + "' is no size of a part; it is 8M or more, as 500M or 2G");
    return *size;
}

Result<int> write_out(const Arguments& a) {
    const auto limit = TRY(size_of_part(a.part_size));
    auto box = TRY(SyncPlace::open(a.root));
    const auto have = TRY(others(box, a));
    std::optional<tpm::Tpm> tpm;
    const auto own = TRY(box.own(tpm, a.tcti));
    auto replica = box.replica();
    const auto done = TRY(sync::export_to(replica, own, a.places.front(), have, limit));
    if (a.json) {
        Json files = Json::array();
        for (const auto& each : done.files) files.push_back(each.string());
        std::puts(json::write({{"files", files}, {"segments", done.segments}, {"bytes", done.bytes}}).c_str());
        return 0;
    }
    for (const auto& each : done.files) std::puts(each.c_str());
    if (done.files.empty())
        std::puts("the others have all of it; nothing was written (--all writes everything)");
    else
        std::printf("%llu segments, %llu bytes\nnext: on the other node: holdfast sync import %s\n",
                    static_cast<unsigned long long>(done.segments), static_cast<unsigned long long>(done.bytes),
                    a.places.front().c_str());
    return 0;
}

Json in_json(const fs::path& file, const Result<sync::Imported>& done) {
    if (!done) return {{"file", file.string()}, {"error", done.error().what}};
    return {{"file", file.string()},  {"sender", hex(done->sender)}, {"new", done->fresh},
            {"known", done->known},   {"early", done->early},        {"forks", done->forks},
            {"pieces", done->pieces}, {"refused", done->refused}};
}

void tell(const fs::path& file, const sync::Imported& done) {
    std::printf("%s: %llu new, %llu known%s%s\n", file.filename().c_str(), static_cast<unsigned long long>(done.fresh),
                static_cast<unsigned long long>(done.known),
                done.early > 0 ? (", " + std::to_string(done.early) + " wait for what comes before them").c_str() : "",
                done.pieces > 0 ? (", " + std::to_string(done.pieces) + " pieces of snapshots").c_str() : "");
    for (const auto& each : done.refused) std::fprintf(stderr, "  refused: %s\n", each.c_str());
}

// One batch that is none does not stop the others.
Result<int> take_in(const Arguments& a) {
    const auto files = TRY(sync::batches_in(a.places));
    auto box = TRY(SyncPlace::open(a.root));
    auto replica = box.replica();
    Json told = Json::array();
    std::vector<Error> none;
    bool refused = false;
    for (const auto& file : files) {
        const auto done = sync::import_from(replica, file, std::time(nullptr),
                                            a.future ? sync::Future::Taken : sync::Future::Refused);
        if (!done) none.push_back(done.error());
        refused = refused || (done && !done->refused.empty());
        told.push_back(in_json(file, done));
        if (a.json) continue;
        if (done)
            tell(file, *done);
        else if (files.size() > 1)
            std::fprintf(stderr, "%s\n", done.error().what.c_str());
    }
    if (a.json) std::puts(json::write(told).c_str());
    if (files.size() == 1 && !none.empty()) return std::unexpected(none.front());
    if (!none.empty())
        return fail(none.front().code, "of " + std::to_string(files.size()) + " files " + std::to_string(none.size()) +
                                           " were not taken in, the others were; the first: " + none.front().what);
    return refused ? exit_code(Code::Denied) : 0;
}

std::string told(const sync::Node& node, const sync::Vector& here, bool forked) {
    std::string all = sync::freshness(node.came, std::time(nullptr));
    if (const auto lacks = sync::lacking(here, node.have); lacks > 0)
        all += ", lacks " + std::to_string(lacks) + " records of ours, " +
               std::to_string(sync::lacking(here, node.have, feed::Class::Catalog)) + " of them of catalogs";
    else
        all += ", has all that is here";
    if (forked) all += "; FORKED: it has signed two histories";
    if (!node.quarantine.empty()) all += "; IN QUARANTINE: nothing more is taken from it";
    return all;
}

Result<int> status(const Arguments& a) {
    auto box = TRY(SyncPlace::open(a.root));
    const auto here = TRY(sync::have(box.place.feeds));
    const auto forks = TRY(box.place.feeds.forks());
    Json nodes = Json::array();
    for (const auto& each : TRY(box.nodes.all())) {
        const bool self = each.id == box.identity.id.uri();
        const bool forked =
            std::ranges::any_of(forks, [&](const auto& fork) { return fork.feed.origin == each.origin; });
        nodes.push_back({{"node", each.id},
                         {"origin", hex(each.origin)},
                         {"self", self},
                         {"heard", each.came},
                         {"said", each.heard},
                         {"lacks", self ? 0 : sync::lacking(here, each.have)},
                         {"lacks_of_catalogs", self ? 0 : sync::lacking(here, each.have, feed::Class::Catalog)},
                         {"forked", forked},
                         {"quarantine", each.quarantine}});
        if (!a.json) std::printf("%s  %s\n", each.id.c_str(), self ? "this box" : told(each, here, forked).c_str());
    }
    if (a.json)
        std::puts(json::write({{"nodes", nodes}}).c_str());
    else if (nodes.empty())
        std::puts("nobody was ever heard of");
    return 0;
}

std::string named(const std::vector<fs::path>& places) {
    std::vector<std::string> all;
    for (const auto& each : places) all.push_back(fs::absolute(each).lexically_normal().string());
    return join(all, ", ");
}

Result<int> export_on_record(const Arguments& a) {
    return audit::on_record(on_box(a.root), {.verb = "sync.export", .on = named(a.places), .why = a.why},
                            [&] { return write_out(a); });
}

Result<int> import_on_record(const Arguments& a) {
    return audit::on_record(on_box(a.root), {.verb = "sync.import", .on = named(a.places), .why = a.why},
                            [&] { return take_in(a); });
}

Result<int> talk(const Arguments& a) {
    return talk_now({a.root, a.tcti, a.address, a.scheduled, a.json});
}

Result<int> leaf(const Arguments& a) {
    return write_leaf({a.root, a.folder, a.tcti, a.group});
}

// Those whose number begins so, or who are called so.
Result<int> release(const Arguments& a) {
    auto box = TRY(SyncPlace::open(a.root));
    for (const auto& each : TRY(box.nodes.all())) {
        if (!is(each, a.node)) continue;
        if (!TRY(box.nodes.release(each.origin)))
            return fail(Code::NotFound, each.id + " is not in quarantine; look with: holdfast sync status");
        std::printf("%s is heard again\n", each.id.c_str());
        return 0;
    }
    return fail(Code::NotFound, "nobody called '" + a.node + "' was ever heard of; look with: holdfast sync status");
}

Result<int> release_on_record(const Arguments& a) {
    return audit::on_record(on_box(a.root), {.verb = "sync.release", .on = a.node, .why = a.why},
                            [&] { return release(a); });
}

using Verb = Result<int> (*)(const Arguments&);

Examples examples() {
    return {.program = "holdfast sync",
            .all = {"export /mnt/stick", "export /mnt/stick --for north/pump-2 --part-size 2G",
                    "export /mnt/stick --all", "import /mnt/stick", "import a.holdfast-batch --json", "now",
                    "nats-config --group nats", "status", "release north/pump-2 --why 'its old disk is destroyed'"},
            .exit_codes =
                "0 done, 64 wrong words, 65 no batch, or a damaged one, 66 not there, 74 the disk is full, 75 nobody "
                "is there, 77 something was refused; the rest was taken in."};
}

}  // namespace

int main(int argc, char** argv) {
    Arguments a;
    Verb chosen = nullptr;
    CLI::App app{"What nodes have to say, carried from one to the other: batches of signed segments of feeds.",
                 "holdfast sync"};
    app.set_version_flag("--version", "holdfast-sync " HOLDFAST_VERSION);
    app.require_subcommand(1);
    app.add_flag("--json", a.json, "JSON on one line");
    app.add_option("--root", a.root, "Another root folder")->type_name("DIR")->capture_default_str();
    app.add_option("--tpm", a.tcti, "Another TPM")->type_name("TCTI")->capture_default_str();
    add_why(app, a.why);
    auto* out = add_verb<Verb>(app, "export", "Sign what this box has said, and write what the others lack",
                               export_on_record, chosen);
    out->add_option("DIR", a.places, "A folder, as of a stick")->required()->expected(1);
    auto* readers =
        out->add_option("--for", a.readers,
                        "Whom it is for: BOX, SITE/BOX, a SPIFFE ID, or the first digits of its number; else all "
                        "that were heard of");
    out->add_flag("--all", a.all, "Everything, whatever the others have")->excludes(readers);
    out->add_option("--part-size", a.part_size, "Of a file at most; each is whole by itself")
        ->capture_default_str()
        ->check(parsed_by(size_of_part));
    auto* in = add_verb<Verb>(app, "import", "Take in what others have written", import_on_record, chosen);
    in->add_option("FILE", a.places, "Batches, or folders with batches")->required();
    in->add_flag("--from-the-future", a.future, "Also those that were made after now, by the clock here");
    auto* line =
        add_verb<Verb>(app, "now", "Tell the authority over the line what it lacks, and hear the same", talk, chosen);
    line->add_option("URL", a.address, "https://HOST:PORT (default: where this box has joined)");
    line->add_flag("--scheduled", a.scheduled, "By a timer: quietly, and less often while nobody is there");
    auto* server = add_verb<Verb>(app, "nats-config",
                                  "Write what this box's own nats-server reads, a leaf of its hub's", leaf, chosen);
    server->add_option("--dir", a.folder, "Where to (default: /" + std::string(nats_folder) + ")");
    server->add_option("--group", a.group, "Of who runs the server");
    auto* free =
        add_verb<Verb>(app, "release", "Hear a node again that has signed two histories", release_on_record, chosen);
    free->add_option("NODE", a.node, "BOX, SITE/BOX, a SPIFFE ID, or the first digits of its number")->required();
    add_verb<Verb>(app, "status", "Whom this box knows, when they were last heard, and what they lack", status, chosen);
    tell_examples(app, examples());
    return run_words(app, argc, argv, [&] { return chosen(a); });
}
