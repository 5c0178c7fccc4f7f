#include "hub/digits.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <cctype>

namespace holdfast::hub {

Result<std::string> whole(std::string_view digits, const std::vector<std::string>& all, std::string_view what,
                          std::string_view look) {
    const std::string name(what), more = "; look with: " + std::string(look);
    std::string asked(trim(digits));
    std::ranges::transform(asked, asked.begin(), [](unsigned char c) { return std::tolower(c); });
    const bool hexadecimal = std::ranges::all_of(asked, [](unsigned char c) { return std::isxdigit(c) != 0; });
    if (!hexadecimal || asked.size() < fewest_digits)
        return fail(Code::Corrupt, "'" + asked + "' is no " + name + ": its first " + std::to_string(fewest_digits) +
                                       " hexadecimal digits, or more" + more);
    std::vector<std::string> found;
    std::ranges::copy_if(all, std::back_inserter(found), [&](const auto& each) { return each.starts_with(asked); });
    if (found.empty()) return fail(Code::NotFound, "no " + name + " begins with " + asked + more);
    if (found.size() > 1)
        return fail(Code::Corrupt, "more than one " + name + " begins with " + asked + ": " + join(found, ", ") +
                                       "; give more digits");
    return found.front();
}

}  // namespace holdfast::hub
