#include "identity/settings.hpp"

#include "base/yaml.hpp"

namespace holdfast::identity {

namespace {

constexpr std::int64_t day = 86'400;

Result<std::int64_t> days_at(const yaml::Mapping& mapping, const char* key, std::int64_t otherwise, long most) {
    const long days = TRY(mapping.whole(key, otherwise / day));
    if (days < 0 || days > most) return mapping.refuse(key, "write 0 to " + std::to_string(most));
    return days * day;
}

}  // namespace

Result<Settings> load_settings(const std::filesystem::path& root) {
    Settings settings;
    const auto found = TRY(yaml::Mapping::load_settings(root, "identity.yaml"));
    if (!found) return settings;
    TRY(found->only({"grace-days", "warning-days", "authority"}));
    settings.grace = TRY(days_at(*found, "grace-days", settings.grace, 3650));
    settings.warning = TRY(days_at(*found, "warning-days", settings.warning, 365));
    settings.authority = TRY(found->boolean("authority", settings.authority));
    return settings;
}

}  // namespace holdfast::identity
