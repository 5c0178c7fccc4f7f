#include "audit/who.hpp"

#include "base/file.hpp"
#include "base/text.hpp"

#include <array>
#include <charconv>
#include <pwd.h>
#include <unistd.h>

namespace holdfast::audit {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t file_limit = 64UL * 1024, name_limit = 256;
constexpr std::uint32_t nobody_logged_in = UINT32_MAX;  // as the kernel says it

// Below the limit, also once what is no text in it is marked.
std::string mended(const std::string& name) {
    return valid_utf8(name.substr(0, name_limit - 16));
}

std::string name_of(std::uint32_t uid) {
    std::array<char, 16384> room;
    passwd entry{}, *found = nullptr;
    if (::getpwuid_r(uid, &entry, room.data(), room.size(), &found) != 0 || found == nullptr)
        return std::to_string(uid);
    return mended(found->pw_name);
}

std::optional<std::uint32_t> login_in(const fs::path& file) {
    const std::string text(trim(read_whole(file, file_limit).value_or("")));
    std::uint32_t uid = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), uid);
    if (text.empty() || error != std::errc() || end != text.data() + text.size() || uid == nobody_logged_in)
        return std::nullopt;
    return uid;
}

bool is_scope(std::string_view word) {
    return word.ends_with(".service") || word.ends_with(".scope");
}

// The innermost unit of "0::/system.slice/holdfast-renew.service", in the hierarchy of systemd.
std::string scope_in(const fs::path& file) {
    for (const auto& line : split(read_whole(file, file_limit).value_or(""), '\n')) {
        if (!line.starts_with("0::/") && !line.contains(":name=systemd:/")) continue;
        const auto words = split(line, '/');
        for (auto each = words.rbegin(); each != words.rend(); ++each)
            if (is_scope(*each)) return mended(*each);
    }
    return {};
}

Result<std::uint32_t> uid_at(const Json& value, const char* key) {
    const auto found = value.find(key);
    if (found == value.end() || !found->is_number_unsigned() || found->get<std::uint64_t>() >= nobody_logged_in)
        return fail(Code::Corrupt, std::string(key) + ": must be the number of a user");
    return found->get<std::uint32_t>();
}

}  // namespace

Who self(const fs::path& proc) {
    return who_is(::getuid(), login_in(proc / "self/loginuid"), scope_in(proc / "self/cgroup"));
}

Who who_is(std::uint32_t uid, std::optional<std::uint32_t> login, const std::string& scope) {
    Who who{.unit = !login && scope.ends_with(".service"), .name = {}, .uid = uid, .login = login, .scope = scope};
    who.name = who.unit ? scope : name_of(login.value_or(uid));
    return who;
}

std::string text(const Who& who) {
    const std::string over =
        std::string(who.by_bus ? ", over D-Bus" : "") + (who.said.empty() ? "" : ", given as " + who.said);
    if (who.unit) return who.name + over;
    if (!who.login) return "user " + who.name + ", who has not logged in" + over;
    if (*who.login == who.uid) return who.name + " (login " + std::to_string(*who.login) + over + ")";
    return who.name + " (login " + std::to_string(*who.login) + ", as " + name_of(who.uid) + over + ")";
}

Json as_json(const Who& who) {
    Json value{{"unit", who.unit}, {"name", who.name}, {"uid", who.uid}, {"scope", who.scope}, {"bus", who.by_bus}};
    if (who.login) value["login"] = *who.login;
    if (!who.said.empty()) value["said"] = mended(who.said);
    return value;
}

Result<Who> parse_who(const Json& value) {
    TRY(json::only(value, {"unit", "name", "uid", "scope", "bus", "login", "said"}));
    Who who;
    who.unit = TRY(json::boolean(value, "unit"));
    who.name = TRY(json::text(value, "name", name_limit));
    who.uid = TRY(uid_at(value, "uid"));
    if (value.contains("login")) who.login = TRY(uid_at(value, "login"));
    who.scope = TRY(json::text(value, "scope", name_limit));
    who.by_bus = TRY(json::boolean(value, "bus"));
    if (value.contains("said")) who.said = TRY(json::text(value, "said", name_limit));
    return who;
}

}  // namespace holdfast::audit
