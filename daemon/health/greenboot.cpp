#include "health/greenboot.hpp"

#include "base/file.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <map>

namespace holdfast::health {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t settings_limit = 64UL * 1024;
constexpr std::size_t scripts_limit = 1000;

bool is_masked(const fs::path& file) {
    std::error_code error;
    return fs::read_symlink(file, error) == "/dev/null" && !error;
}

Result<> collect(const fs::path& folder, std::map<std::string, fs::path>& into) {
    std::error_code error;
    fs::directory_iterator files(folder, error);
    if (error == std::errc::no_such_file_or_directory) return {};
    for (; !error && files != fs::directory_iterator(); files.increment(error)) {
        if (files->path().extension() != ".sh") continue;
        into[files->path().filename().string()] = files->path();
        if (into.size() > scripts_limit) return fail(Code::Corrupt, folder.string() + " has more than 1000 scripts");
    }
    if (error) return std::unexpected(system_error(error.value(), folder, "cannot list"));
    return {};
}

bool is_name(std::string_view text) {
    const auto fits = [](char c) {
        return c == '_' || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    };
    return !text.empty() && std::ranges::all_of(text, fits);
}

// Words as a shell splits them, as far as the file needs it: quotes group, '#' at the start of a word ends the line.
std::vector<std::string> shell_words(std::string_view line) {
    std::vector<std::string> words;
    bool inside = false;
    char quote = 0;
    for (const char c : line) {
        if (!quote && (c == ' ' || c == '\t' || c == '\r' || c == '(' || c == ')')) {
            inside = false;
            continue;
        }
        if (!quote && c == '#' && !inside) break;
        if (!inside) words.emplace_back();
        inside = true;
        if (quote ? c == quote : (c == '"' || c == '\'')) {
            quote = quote ? '\0' : c;
            continue;
        }
        words.back() += c;
    }
    return words;
}

constexpr std::array meaningless{
    std::string_view("GREENBOOT_MAX_BOOT_ATTEMPTS"), std::string_view("GREENBOOT_WATCHDOG_CHECK_ENABLED"),
    std::string_view("GREENBOOT_WATCHDOG_GRACE_PERIOD"), std::string_view("GREENBOOT_MONITOR_SERVICES")};

void apply(Settings& settings, std::string_view key, std::vector<std::string> words) {
    if (key == "DISABLED_HEALTHCHECKS")
        settings.disabled = std::move(words);
    else if (std::ranges::contains(meaningless, key))
        settings.notices.push_back("greenboot.conf: " + std::string(key) + " has no meaning here, ignoring");
}

struct Assignment {
    std::string key;
    std::vector<std::string> words;
};

}  // namespace

Result<std::vector<fs::path>> scripts(const fs::path& root, std::string_view stage) {
    std::map<std::string, fs::path> found;
    TRY(collect(root / "usr/lib/greenboot" / stage, found));
    TRY(collect(root / "etc/greenboot" / stage, found));
    std::vector<fs::path> result;
    for (auto& [name, file] : found)
        if (!is_masked(file)) result.push_back(std::move(file));
    return result;
}

Settings parse_settings(std::string_view text) {
    Settings settings;
    Assignment open;  // a list whose ')' has not come yet
    for (const auto& line : split(text, '\n')) {
        const std::string_view said = trim(line);
        const bool closes = said.contains(')');
        if (!open.key.empty()) {
            for (auto& word : shell_words(said)) open.words.push_back(std::move(word));
            if (closes) apply(settings, open.key, std::move(open.words)), open = {};
            continue;
        }
        if (said.empty() || said.starts_with('#')) continue;
        const auto equals = said.find('=');
        const auto key = said.substr(0, equals);
        if (equals == said.npos || !is_name(key)) {
            settings.notices.emplace_back("greenboot.conf: a line that assigns nothing, ignoring");
            continue;
        }
        const auto value = said.substr(equals + 1);
        if (value.starts_with('(') && !closes)
            open = {std::string(key), shell_words(value)};
        else
            apply(settings, key, shell_words(value));
    }
    if (!open.key.empty())
        settings.notices.push_back("greenboot.conf: " + open.key + " is not closed by ')', ignoring");
    return settings;
}

Result<Settings> load_settings(const fs::path& root) {
    const auto text = read_whole(root / "etc/greenboot/greenboot.conf", settings_limit);
    if (!text && text.error().code == Code::NotFound) return Settings{};
    if (!text) return std::unexpected(text.error());
    return parse_settings(*text);
}

}  // namespace holdfast::health
