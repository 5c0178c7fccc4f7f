// What `./dev bench catalog` is made of.
#pragma once

#include "bench/bench.hpp"
#include "bench/catalog_operations.hpp"
#include "catalog/store.hpp"

#include <chrono>
#include <functional>
#include <vector>

namespace holdfast::bench {

inline double seconds_of(const std::function<void()>& work) {
    const auto begun = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
}

// `share` of the values are not above it; 0.5 is the median.
double quantile(std::vector<double> values, double share);

// A catalog of so many entities, in a folder that is there, made from feeds that stay beside it.
inline constexpr std::size_t few = 10'000, many = 1'000'000;
Result<catalog::Store> fill(const std::filesystem::path& folder, std::size_t entities);
// The same questions to one of `few` and one of `many`.
Result<Figures> asking(catalog::Store& small, catalog::Store& large);

// Records into a feed, each durable, and rows into SQLite alone.
Result<Figures> appending(const std::filesystem::path& folder);

// What is to be merged, also as others' libraries want it, in files of `folder`. Takes minutes.
Result<Operations> prepare_merging(const std::filesystem::path& source, const std::filesystem::path& folder);
// Merging in memory, ours and that of others; and ours into the store.
Result<Figures> merging(const Operations& operations, const std::filesystem::path& folder);

}  // namespace holdfast::bench
