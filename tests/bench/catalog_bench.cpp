// The catalog and its feeds: how fast they merge, keep and answer, and what they cost at rest.
#include "base/file.hpp"
#include "base/scratch.hpp"
#include "bench/catalog_backstage.hpp"
#include "bench/catalog_idle.hpp"
#include "bench/catalog_parts.hpp"

#include <algorithm>
#include <exception>
#include <future>
#include <print>

namespace holdfast::bench {

double quantile(std::vector<double> values, double share) {
    std::ranges::sort(values);
    return values.at(std::min(values.size() - 1, static_cast<std::size_t>(share * static_cast<double>(values.size()))));
}

namespace {

namespace fs = std::filesystem;

Result<> fill_and_close(const fs::path& folder, std::size_t entities) {
    TRY(make_directories(folder));
    TRY(fill(folder, entities));
    return {};
}

Result<> fill_both(const fs::path& folder) {
    TRY(fill_and_close(folder / "few", few));
    return fill_and_close(folder / "many", many);
}

Result<Figures> ask_both(const fs::path& folder) {
    std::println("asking:");
    auto small = TRY(catalog::Store::open(folder / "few/catalog.db"));
    auto large = TRY(catalog::Store::open(folder / "many/catalog.db"));
    return asking(small, large);
}

Result<Figures> measure(const fs::path& source, const fs::path& folder) {
    Figures all;
    const auto add = [&](const Figures& some) { all.insert(all.end(), some.begin(), some.end()); };
    std::println("appending:");
    add(TRY(appending(folder)));
    TRY(fill_and_close(folder / "box/var/lib/holdfast", few));
    auto idling = TRY(Idling::begin(source, folder / "box"));
    // Nothing is measured yet but what idles.
    auto prepared = std::async(std::launch::async, prepare_merging, source, folder);
    TRY(fill_both(folder));
    const auto operations = TRY(prepared.get());
    add(TRY(ask_both(folder)));
    std::println("merging:");
    add(TRY(merging(operations, folder)));
    std::println("idling:");
    add(TRY(idling.end()));
    std::println("beside Backstage:");
    add(TRY(beside_backstage(source, folder / "box", folder / "backstage")));
    return all;
}

Result<Figures> measure_asking(const fs::path&, const fs::path& folder) {
    TRY(fill_both(folder));
    return ask_both(folder);
}

Result<Figures> measure_beside(const fs::path& source, const fs::path& folder) {
    TRY(fill_and_close(folder / "box/var/lib/holdfast", few));
    return beside_backstage(source, folder / "box", folder / "backstage");
}

Result<Figures> in_scratch(const fs::path& source, Result<Figures> (*work)(const fs::path&, const fs::path&)) {
    work_on_disk(source);
    const Scratch scratch = TRY(Scratch::make("catalog"));
    try {
        return work(source, scratch.path());
    } catch (const std::exception& error) {
        return fail(Code::Bug, error.what());
    }
}

}  // namespace

Result<Figures> catalog(const fs::path& source) {
    return in_scratch(source, measure);
}

Result<Figures> queries(const fs::path& source) {
    return in_scratch(source, measure_asking);
}

Result<Figures> backstage(const fs::path& source) {
    return in_scratch(source, measure_beside);
}

}  // namespace holdfast::bench
