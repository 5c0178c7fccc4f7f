// Whether an export is what a node has said: for who has nothing but the files and the root certificate.
#include "base/file.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "base/words.hpp"
#include "identity/certificate.hpp"
#include "sync/verify.hpp"

#include <cstdio>

namespace {

using namespace holdfast;

constexpr int exit_wrong = 1;

struct Arguments {
    std::vector<std::filesystem::path> files;
    std::filesystem::path root;
    bool json = false;
};

std::string records(const sync::Proved& one) {
    std::vector<std::string> runs;
    for (const auto& each : one.runs)
        runs.push_back(std::to_string(each.first) + " to " + std::to_string(each.next - 1));
    return runs.empty() ? "none" : join(runs, ", ");
}

void tell(const sync::Verdict& verdict) {
    for (const auto& each : verdict.feeds) {
        const bool whole = each.runs.size() == 1 && each.runs.front().first == 0;
        std::printf("%s  %s  records %s%s%s\n", each.id.c_str(), std::string(text(each.feed.kind)).c_str(),
                    records(each).c_str(), whole ? "" : "  (others are not in these files)",
                    each.forked ? "  FORKED" : "");
    }
    for (const auto& each : verdict.wrong) std::fprintf(stderr, "wrong: %s\n", each.c_str());
    std::puts(verdict.whole()         ? "all of it is signed, chained and without a gap"
              : verdict.wrong.empty() ? "all of it is signed and chained; there are gaps"
                                      : "something is WRONG");
}

Json in_json(const sync::Verdict& verdict) {
    Json feeds = Json::array();
    for (const auto& each : verdict.feeds) {
        Json runs = Json::array();
        for (const auto& run : each.runs) runs.push_back({{"first", run.first}, {"next", run.next}});
        feeds.push_back({{"node", each.id}, {"class", text(each.feed.kind)}, {"runs", runs}, {"forked", each.forked}});
    }
    return {{"feeds", feeds}, {"wrong", verdict.wrong}, {"whole", verdict.whole()}};
}

Result<int> verify(const Arguments& a) {
    const auto pem = TRY(read_whole(a.root));
    const auto roots = TRY(in(a.root.string(), identity::certificates_in(pem)));
    const auto verdict = sync::verify(TRY(sync::batches_in(a.files)), roots);
    if (a.json)
        std::puts(json::write(in_json(verdict)).c_str());
    else
        tell(verdict);
    return verdict.wrong.empty() ? 0 : exit_wrong;
}

}  // namespace

int main(int argc, char** argv) {
    Arguments a;
    CLI::App app{"Whether an export is what nodes have said: every signature, every link of their chains.",
                 "holdfast-verify"};
    app.set_version_flag("--version", "holdfast-verify " HOLDFAST_VERSION);
    app.add_option("FILE", a.files, "Batches, as 'holdfast sync export' writes them, or folders of them")->required();
    app.add_option("--root", a.root, "Certificate of the authority's root, PEM")->required()->type_name("FILE");
    app.add_flag("--json", a.json, "One JSON object on one line");
    app.footer(
        "Examples:\n  holdfast-verify --root root.pem *.holdfast-batch\n\nExit codes: 0 nothing is wrong, 1 something "
        "is, "
        "64 wrong words, 65 the root is none, 66 it is not there.");
    return run_words(app, argc, argv, [&] { return verify(a); });
}
