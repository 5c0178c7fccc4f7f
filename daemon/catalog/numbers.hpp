// Nodes by number, and things by name: what is looked up for each change.
#pragma once

#include "base/digest.hpp"

#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace holdfast::catalog {

struct HashOfName {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const { return std::hash<std::string_view>()(name); }
};
template <class T>
using ByName = std::unordered_map<std::string, T, HashOfName, std::equal_to<>>;

// Each node has a number, from 0 on in the order in which they came.
class Numbers {
public:
    std::optional<std::uint32_t> find(const Digest& origin) const {
        const auto known = numbers_.find(origin);
        return known == numbers_.end() ? std::nullopt : std::optional(known->second);
    }
    std::uint32_t add(const Digest& origin) {
        const auto [at, is_new] = numbers_.try_emplace(origin, static_cast<std::uint32_t>(all_.size()));
        if (is_new) all_.push_back(origin);
        return at->second;
    }
    const std::vector<Digest>& all() const { return all_; }
    void clear() {
        all_.clear();
        numbers_.clear();
    }

private:
    // A digest is as good as a hash of itself.
    struct First {
        std::size_t operator()(const Digest& digest) const {
            std::size_t hash = 0;
            std::memcpy(&hash, digest.data(), sizeof hash);
            return hash;
        }
    };
    std::vector<Digest> all_;
    std::unordered_map<Digest, std::uint32_t, First> numbers_;
};

}  // namespace holdfast::catalog
