#include "update/settings.hpp"

#include "base/text.hpp"
#include "base/yaml.hpp"

#include <array>

namespace holdfast::update {

namespace {

namespace fs = std::filesystem;

constexpr std::array steps{std::pair{std::string_view("nothing"), Automatic::Nothing},
                           std::pair{std::string_view("check"), Automatic::Check},
                           std::pair{std::string_view("download"), Automatic::Download},
                           std::pair{std::string_view("apply"), Automatic::Apply}};

// "500K", "2M", "1G" or a plain number; a /s or /day behind it is for people.
Result<std::uint64_t> size_at(const yaml::Mapping& mapping, const char* key) {
    std::string text = TRY(mapping.text(key, "0"));
    text = text.substr(0, text.find('/'));
    const auto bytes = parse_size(text);
    if (!bytes) return mapping.refuse(key, "'" + text + "' is no size; write bytes, or 500K, 2M, 1G");
    return *bytes;
}

Result<Window> window_at(const yaml::Mapping& mapping) {
    if (!mapping.has("window")) return Window();
    auto window = Window::parse(TRY(mapping.text("window")));
    if (!window) return mapping.refuse("window", window.error().what);
    return window;
}

Result<std::string> source_at(const yaml::Mapping& mapping) {
    std::string source = TRY(mapping.text("source", ""));
    const bool known =
        source.empty() || source.starts_with("http://") || source.starts_with("https://") || source.starts_with("/");
    if (!known) return mapping.refuse("source", "'" + source + "' is no http(s) URL and no folder; write one of them");
    while (source.size() > 1 && source.ends_with('/')) source.pop_back();
    return source;
}

Result<Automatic> automatic_at(const yaml::Mapping& mapping) {
    if (!mapping.has("automatic")) return Automatic::Nothing;
    const std::string name = TRY(mapping.one_of("automatic", {"nothing", "check", "download", "apply"}));
    for (const auto& [word, value] : steps)
        if (word == name) return value;
    return Automatic::Nothing;
}

Result<Settings> settings_of(const yaml::Mapping& mapping) {
    TRY(mapping.only({"source", "ref", "automatic", "window", "rate", "budget", "deadline-minutes", "red", "snapshot",
                      "certificate-authority"}));
    Settings settings;
    settings.source = TRY(source_at(mapping));
    settings.ref = TRY(mapping.text("ref", ""));
    settings.automatic = TRY(automatic_at(mapping));
    settings.window = TRY(window_at(mapping));
    settings.bytes_per_second = TRY(size_at(mapping, "rate"));
    settings.bytes_per_day = TRY(size_at(mapping, "budget"));
    const long minutes = TRY(mapping.whole("deadline-minutes", 15));
    if (minutes < 1 || minutes > 1440) return mapping.refuse("deadline-minutes", "write 1 to 1440");
    settings.deadline = std::chrono::minutes(minutes);
    if (mapping.has("red")) settings.all_tries = TRY(mapping.one_of("red", {"fall-back", "try-again"})) == "try-again";
    if (mapping.has("snapshot"))
        settings.must_save = TRY(mapping.one_of("snapshot", {"required", "wanted"})) == "required";
    settings.certificate_authority = TRY(mapping.text("certificate-authority", ""));
    return settings;
}

}  // namespace

Result<Settings> parse_settings(std::string_view text, const std::string& name) {
    const auto found = TRY(yaml::Mapping::parse_settings(text, name));
    return found ? settings_of(*found) : Settings{};
}

Result<Settings> load_settings(const fs::path& root) {
    const auto found = TRY(yaml::Mapping::load_settings(root, "update.yaml"));
    return found ? settings_of(*found) : Settings{};
}

}  // namespace holdfast::update
