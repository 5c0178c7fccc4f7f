// What people call by the first digits of it: a commit, firmware, a key, a ticket.
#pragma once

#include "base/result.hpp"

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::hub {

inline constexpr std::size_t fewest_digits = 6;

// The one of `all` that begins so. Corrupt where those are no digits, too few, or the beginning of more than one;
// NotFound where none begins so, with the command (`look`) that lists them.
Result<std::string> whole(std::string_view digits, const std::vector<std::string>& all, std::string_view what,
                          std::string_view look);

// The one of `all` whose name, digits that `name_of` tells, begins so; fails as whole() does.
template <class Item, class Name>
Result<Item> one_of(std::string_view digits, const std::vector<Item>& all, const Name& name_of, std::string_view what,
                    std::string_view look) {
    std::vector<std::string> names;
    for (const auto& each : all) names.push_back(std::invoke(name_of, each));
    const std::string name = TRY(whole(digits, names, what, look));
    return all[static_cast<std::size_t>(std::ranges::find(names, name) - names.begin())];
}

}  // namespace holdfast::hub
