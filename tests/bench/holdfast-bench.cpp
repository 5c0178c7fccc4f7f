// holdfast-bench NAME [--json]: runs one benchmark from the top folder of the repository.
#include "base/words.hpp"
#include "bench/bench.hpp"

#include <nlohmann/json.hpp>
#include <print>

int main(int count, char** words) {
    using namespace holdfast;
    CLI::App app("Measures Holdfast; figures are ratios within one run.", "holdfast-bench");
    app.footer("Example:\n  ./dev bench image --json | tail -n 1 | jq .figures");
    std::string name;
    bool json = false;
    app.add_option("name", name,
                   "which benchmark: image, update, enroll, catalog, sync; queries and backstage are parts of "
                   "catalog; "
                   "fetch and apply are what update runs in "
                   "processes of "
                   "their own")
        ->required()
        ->check(
            CLI::IsMember({"image", "update", "enroll", "catalog", "queries", "backstage", "sync", "fetch", "apply"}));
    std::filesystem::path bundle, sysroot, keyring;
    std::string url;
    app.add_option("--url", url, "for fetch");
    app.add_option("--bundle", bundle, "for fetch and apply");
    app.add_option("--sysroot", sysroot, "for apply");
    app.add_option("--keyring", keyring, "for fetch and apply");
    app.add_flag("--json", json, "the last line is one JSON object");
    if (const auto over = parse_words(app, count, words)) return *over;

    if (name == "apply" || name == "fetch") {
        const auto done =
            name == "apply" ? bench::apply_bundle(bundle, sysroot, keyring) : bench::fetch_bundle(url, bundle, keyring);
        if (done) std::println("{}", nlohmann::json{{"seconds", done->seconds}, {"peak_mib", done->peak_mib}}.dump());
        if (!done) std::println(stderr, "holdfast-bench: {}", done.error().what);
        return done ? 0 : exit_code(done.error().code);
    }
    const auto here = std::filesystem::current_path();
    const auto run = name == "update"      ? bench::update
                     : name == "enroll"    ? bench::enroll
                     : name == "catalog"   ? bench::catalog
                     : name == "queries"   ? bench::queries
                     : name == "backstage" ? bench::backstage
                     : name == "sync"      ? bench::sync
                                           : bench::image;
    const auto figures = run(here);
    if (!figures) {
        std::println(stderr, "holdfast-bench: {}", figures.error().what);
        return exit_code(figures.error().code);
    }
    nlohmann::ordered_json object;
    for (const auto& [figure, value] : *figures) {
        std::println("{:<36} {:>10.2f}", figure, value);
        object[figure] = value;
    }
    if (json) std::println("{}", nlohmann::ordered_json{{"bench", name}, {"figures", object}}.dump());
}
