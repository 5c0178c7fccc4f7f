#include "audit/settings.hpp"

#include "audit/record.hpp"
#include "base/yaml.hpp"

#include <algorithm>

namespace holdfast::audit {

namespace {

constexpr std::string_view all_of = ".*";

bool names_verbs(std::string_view word) {
    if (word.ends_with(all_of)) word.remove_suffix(1);
    return is_verb(word.ends_with('.') ? std::string(word) + "x" : std::string(word));
}

}  // namespace

bool Settings::wants_reason(std::string_view verb) const {
    return std::ranges::any_of(reasons, [&](std::string_view each) {
        return each == verb || (each.ends_with(all_of) && verb.starts_with(each.substr(0, each.size() - 1)));
    });
}

Result<Settings> load_settings(const std::filesystem::path& root) {
    Settings settings;
    const auto found = TRY(yaml::Mapping::load_settings(root, "audit.yaml"));
    if (!found) return settings;
    TRY(found->only({"required", "reasons"}));
    settings.required = TRY(found->boolean("required", settings.required));
    settings.reasons = TRY(found->texts("reasons"));
    for (const auto& each : settings.reasons)
        if (!names_verbs(each))
            return found->refuse("reasons", "'" + each + "' is no verb; write one as update.rollback, or update.*");
    return settings;
}

}  // namespace holdfast::audit
