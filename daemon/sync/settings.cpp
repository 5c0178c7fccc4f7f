#include "sync/settings.hpp"

#include "base/text.hpp"
#include "base/yaml.hpp"
#include "catalog/store.hpp"
#include "identity/certificate.hpp"
#include "sync/batch.hpp"

#include <algorithm>

namespace holdfast::sync {

namespace {

constexpr std::uint64_t least_message = 1024, most_message = 4UL << 20U;

Result<std::uint64_t> size_at(const yaml::Mapping& mapping, const char* key, std::uint64_t otherwise,
                              std::uint64_t least, std::uint64_t most) {
    const auto words = TRY(mapping.text(key, ""));
    if (words.empty()) return otherwise;
    const auto size = parse_size(words);
    if (!size || *size < least || *size > most)
        return mapping.refuse(key, "it is no such size; write " + std::to_string(least) + " to " +
                                       std::to_string(most) + " bytes, as 256K or 20M");
    return *size;
}

bool is_site(const std::string& word) {
    return word == catalog::Store::everywhere || identity::is_label(word);
}

}  // namespace

Result<Settings> load_settings(const std::filesystem::path& root) {
    Settings settings;
    const auto found = TRY(yaml::Mapping::load_settings(root, "sync.yaml"));
    if (!found) return settings;
    TRY(found->only({"sites", "message", "bytes-a-day", "https", "nats", "letters", "feeds"}));
    settings.sites = TRY(found->texts("sites"));
    if (settings.sites.size() >= most_sites || !std::ranges::all_of(settings.sites, is_site))
        return found->refuse("sites", "write names of sites, 60 at most, or \"*\" for all");
    settings.message = TRY(size_at(*found, "message", settings.message, least_message, most_message));
    settings.a_day = TRY(size_at(*found, "bytes-a-day", settings.a_day, 0, 1ULL << 50U));
    settings.https = TRY(found->boolean("https", settings.https));
    settings.nats = TRY(found->texts("nats"));
    if (!std::ranges::all_of(settings.nats, [](const auto& each) { return each.starts_with("tls://"); }))
        return found->refuse("nats", "write servers of the hub, as tls://hub.clinic.example:7422");
    const auto letters = static_cast<std::uint64_t>(settings.letters);
    settings.letters = static_cast<std::int64_t>(TRY(size_at(*found, "letters", letters, 8UL << 20U, 1ULL << 40U)));
    settings.feeds = TRY(size_at(*found, "feeds", settings.feeds, 16UL << 20U, 8ULL << 30U));
    return settings;
}

}  // namespace holdfast::sync
