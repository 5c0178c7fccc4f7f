// holdfast-bench NAME [--json]: runs one benchmark from the top folder of the repository.
#include "bench/bench.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <print>

int main(int count, char** words) {
    using namespace holdfast;
    CLI::App app("Measures Holdfast; figures are ratios within one run.", "holdfast-bench");
    app.footer("Example:\n  ./dev bench image --json | tail -n 1 | jq .figures");
    std::string name;
    bool json = false;
    app.add_option("name", name, "which benchmark")->required()->check(CLI::IsMember({"image"}));
    app.add_flag("--json", json, "the last line is one JSON object");
    try {
        app.parse(count, words);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 64;  // EX_USAGE
    }

    const auto figures = bench::image(std::filesystem::current_path());
    if (!figures) {
        std::println(stderr, "holdfast-bench: {}", figures.error().what);
        return exit_code(figures.error().code);
    }
    nlohmann::ordered_json object;
    for (const auto& [figure, value] : *figures) {
        std::println("{:<24} {:>10.2f}", figure, value);
        object[figure] = value;
    }
    if (json) std::println("{}", nlohmann::ordered_json{{"bench", name}, {"figures", object}}.dump());
}
