#include "workload/workloads.hpp"

#include "base/file.hpp"
#include "base/yaml.hpp"
#include "identity/svid.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>
#include <pwd.h>

namespace holdfast::workload {

namespace {

namespace fs = std::filesystem;

constexpr std::int64_t minute = 60;
constexpr long shortest = 5, longest = identity::svid_longest / minute;  // minutes
constexpr std::size_t hint_limit = 128, user_limit = 32;
constexpr std::size_t record_limit = 64UL * 1024;

// As login.defs(5) and useradd(8) let them be, and numbers.
bool is_user(std::string_view text) {
    const auto is_letter = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
               c == '.';
    };
    return !text.empty() && text.size() <= user_limit && std::ranges::all_of(text, is_letter) && text.front() != '-';
}

Result<std::string> user_at(const yaml::Mapping& mapping) {
    auto user = TRY(mapping.text("user"));
    if (!is_user(user)) return mapping.refuse("user", "'" + user + "' is no user; write a name or a number");
    return user;
}

Result<std::string> hint_at(const yaml::Mapping& mapping) {
    auto hint = TRY(mapping.text("hint", ""));
    const bool plain = std::ranges::all_of(hint, [](char c) { return c >= ' ' && c <= '~'; });
    if (hint.size() > hint_limit || !plain)
        return mapping.refuse("hint", "write up to " + std::to_string(hint_limit) + " plain letters");
    return hint;
}

Result<std::int64_t> seconds_at(const yaml::Mapping& mapping) {
    const long minutes = TRY(mapping.whole("ttl-minutes", identity::svid_usual / minute));
    if (minutes < shortest || minutes > longest)
        return mapping.refuse("ttl-minutes", "write " + std::to_string(shortest) + " to " + std::to_string(longest));
    return minutes * minute;
}

std::optional<uid_t> number(std::string_view text) {
    uid_t value = 0;
    const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), value);
    // The largest one means "leave the owner as it is" to chown(2).
    if (wrong != std::errc() || end != text.data() + text.size() || value == static_cast<uid_t>(-1))
        return std::nullopt;
    return value;
}

Result<Workload> load(const fs::path& file) {
    return parse_workload(TRY(read_whole(file, file_limit)), file);
}

}  // namespace

Result<Workload> parse_workload(std::string_view text, const fs::path& file) {
    Workload workload{.name = file.stem().string(), .user = {}, .hint = {}};
    if (!identity::is_label(workload.name))
        return fail(Code::Corrupt, file.string() + ": '" + workload.name +
                                       "' is no workload's name; letters, digits and hyphens, 63 at most");
    const auto mapping = TRY(yaml::Mapping::parse(text, file.string()));
    TRY(mapping.only({"user", "ttl-minutes", "hint"}));
    workload.user = TRY(user_at(mapping));
    workload.hint = TRY(hint_at(mapping));
    workload.seconds = TRY(seconds_at(mapping));
    return workload;
}

Listed list_workloads(const fs::path& root) {
    std::vector<fs::path> files;
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(root / workloads_folder, none))
        if (entry.path().extension() == ".yaml") files.push_back(entry.path());
    std::ranges::sort(files);
    Listed listed;
    for (const auto& file : files) {
        auto workload = listed.workloads.size() < most_workloads
                            ? load(file)
                            : fail(Code::Corrupt, file.string() + ": a box has up to " +
                                                      std::to_string(most_workloads) + " workloads");
        if (workload)
            listed.workloads.push_back(*std::move(workload));
        else
            listed.refused.emplace_back(file.stem().string(), std::move(workload).error());
    }
    return listed;
}

Result<uid_t> user_id(const std::string& user) {
    if (const auto id = number(user)) return *id;
    passwd entry{}, *found = nullptr;
    std::vector<char> memory(record_limit);
    const int wrong = ::getpwnam_r(user.c_str(), &entry, memory.data(), memory.size(), &found);
    if (found) return entry.pw_uid;
    return fail(Code::NotFound, "this computer has no user '" + user + "'" +
                                    (wrong == 0 ? "" : std::string(": ") + std::strerror(wrong)));
}

}  // namespace holdfast::workload
