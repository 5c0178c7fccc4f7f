#include "bench/catalog_peers.hpp"

#include "base/file.hpp"
#include "base/process.hpp"

#include <algorithm>
#include <cstdlib>

namespace holdfast::bench {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t state_limit = 256 * mebibyte;

Result<std::string> node(const fs::path& folder, Arguments words) {
    words.insert(words.begin(), {"node", "--expose-gc", "--max-old-space-size=6000", (folder / "peer.js").string()});
    return run_or_fail(words, {.directory = folder});
}

}  // namespace

double Peer::best() const {
    return std::ranges::min(seconds);
}

Result<> install(const fs::path& packages, const fs::path& folder) {
    fs::copy(packages, folder, fs::copy_options::recursive);
    TRY(run_or_fail({"npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--no-package-lock",
                     "--prefer-offline", "--fetch-retries", "1", "--cache",
                     (fs::path(std::getenv("HOME")) / ".cache/ccache/npm").string(), "--loglevel", "error"},
                    {.directory = folder, .time_limit = std::chrono::minutes(15)}));
    return {};
}

Result<> make_updates(const std::string& peer, const fs::path& operations, const fs::path& folder) {
    TRY(node(folder, {"make", peer, operations.string(), peer + ".updates"}));
    return {};
}

Result<Peer> merge_by(const std::string& peer, const fs::path& folder, std::size_t times) {
    const auto line = TRY(node(folder, {"merge", peer, peer + ".updates", peer + ".state", std::to_string(times)}));
    const Json told = TRY(json::parse(line, mebibyte));
    Peer merged{
        .name = peer, .way = {}, .seconds = {}, .saved = told.at("saved"), .told = told.at("bytes"), .state = {}};
    for (const auto& [way, seconds] : told.at("seconds").items()) {
        const auto all = seconds.get<std::vector<double>>();
        if (!merged.seconds.empty() && merged.best() <= std::ranges::min(all)) continue;
        merged.way = way;
        merged.seconds = all;
    }
    const auto state = TRY(read_whole(folder / (peer + ".state"), state_limit));
    merged.state = TRY(json::parse(state, state_limit));
    return merged;
}

}  // namespace holdfast::bench
