#include "publish/embedded.hpp"

#include <algorithm>
#include <bitset>

namespace holdfast::publish {

namespace {

constexpr std::size_t window = 48;             // bytes of a sample
constexpr std::size_t distance = 64UL * 1024;  // between two samples of one file
constexpr std::size_t smallest = 1024;         // files below are found by nobody's window anyway
constexpr std::uint64_t factor = 0x9E3779B97F4A7C15ULL | 1U;

std::uint64_t byte_at(std::string_view bytes, std::size_t i) {
    return static_cast<unsigned char>(bytes[i]) + 1U;
}

std::uint64_t hash(std::string_view bytes) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) value = value * factor + byte_at(bytes, i);
    return value;
}

// Runs of zeros and tables that every program has would be found everywhere.
bool tells_apart(std::string_view sample) {
    std::bitset<256> seen;
    for (const char c : sample) seen.set(static_cast<unsigned char>(c));
    return seen.count() >= window / 2;
}

constexpr std::uint64_t power(std::size_t exponent) {
    std::uint64_t value = 1;
    for (std::size_t i = 0; i < exponent; ++i) value *= factor;
    return value;
}

}  // namespace

void Samples::add(std::size_t file, std::string_view bytes) {
    if (bytes.size() < smallest) return;
    for (std::size_t begin = 0; begin < bytes.size(); begin += distance) {
        const std::size_t end = std::min(bytes.size(), begin + distance);
        for (std::size_t at = begin + (end - begin) / 2; at + window <= end; at += window) {
            const auto sample = bytes.substr(at, window);
            if (!tells_apart(sample)) continue;
            samples_.try_emplace(hash(sample), Place{file, at});
            break;
        }
    }
}

std::vector<Samples::Hit> Samples::find(std::string_view bytes) const {
    std::vector<Hit> hits;
    if (bytes.size() < window || samples_.empty()) return hits;
    constexpr std::uint64_t leaving = power(window - 1);
    std::uint64_t value = hash(bytes.substr(0, window));
    for (std::size_t at = 0;; ++at) {
        if (const auto found = samples_.find(value); found != samples_.end())
            hits.push_back(
                {found->second.file, static_cast<std::int64_t>(at) - static_cast<std::int64_t>(found->second.offset)});
        if (at + window >= bytes.size()) return hits;
        value = (value - byte_at(bytes, at) * leaving) * factor + byte_at(bytes, at + window);
    }
}

}  // namespace holdfast::publish
