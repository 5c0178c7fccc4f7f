#include "agent/release.hpp"

#include "base/file.hpp"
#include "base/json.hpp"

#include <algorithm>

namespace holdfast::agent {

namespace {

constexpr std::size_t release_limit = 64UL * 1024;
constexpr std::size_t name_limit = 64;
constexpr std::size_t options_limit = 16;

bool fits(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view(".+~_-").contains(c);
}

Result<std::string> name(const Json& value, const char* key) {
    std::string text = TRY(json::text(value, key, name_limit));
    if (text.empty() || !std::ranges::all_of(text, fits))
        return fail(Code::Corrupt, std::string(key) + ": must be 1 to 64 letters, digits or any of .+~_-");
    return text;
}

Result<std::vector<std::string>> names(const Json& value, const char* key) {
    const auto found = value.find(key);
    if (found == value.end() || !found->is_array()) return fail(Code::Corrupt, std::string(key) + ": is not a list");
    if (found->size() > options_limit) return fail(Code::Corrupt, std::string(key) + ": has too many entries");
    std::vector<std::string> all;
    for (const auto& each : *found) all.push_back(TRY(name(Json{{key, each}}, key)));
    return all;
}

Result<TpmNeed> tpm_need(const Json& capabilities) {
    const std::string word = TRY(json::text(capabilities, "tpm", name_limit));
    if (word == "required") return TpmNeed::Required;
    if (word == "optional") return TpmNeed::Optional;
    if (word == "late") return TpmNeed::Late;
    if (word == "none") return TpmNeed::None;
    return fail(Code::Corrupt, "capabilities.tpm: none of required, optional, late, none");
}

}  // namespace

Result<Release> parse_release(std::string_view text) {
    const Json value = TRY(json::parse(text, release_limit));
    TRY(json::only(value, {"format", "board", "profile", "runtime", "version", "options", "development", "disk_pin",
                           "capabilities"}));
    if (TRY(json::number(value, "format")) != 1) return fail(Code::Corrupt, "format: only 1 is known");
    Release release;
    release.board = TRY(name(value, "board"));
    release.profile = TRY(name(value, "profile"));
    release.runtime = TRY(name(value, "runtime"));
    release.version = TRY(name(value, "version"));
    release.options = TRY(names(value, "options"));
    release.stage = TRY(json::boolean(value, "development")) ? Stage::Development : Stage::Production;
    // Images of before have none.
    if (value.contains("disk_pin")) release.disk_pin = TRY(json::boolean(value, "disk_pin"));
    if (!value.contains("capabilities")) return fail(Code::Corrupt, "capabilities: is missing");
    const Json& capabilities = value["capabilities"];
    TRY(in("capabilities", json::only(capabilities, {"tpm", "secure_boot"})));
    release.tpm = TRY(tpm_need(capabilities));
    release.secure_boot = TRY(json::boolean(capabilities, "secure_boot"));
    return release;
}

Result<Release> load_release(const std::filesystem::path& root) {
    const auto file = root / "usr/lib/holdfast/release.json";
    return in(file.string(), parse_release(TRY(read_whole(file, release_limit))));
}

std::string Release::reference() const {
    std::string hardware = board;
    for (const auto& option : options) hardware += "." + option;
    return "holdfast/" + hardware + "/" + profile + "/" + runtime;
}

}  // namespace holdfast::agent
