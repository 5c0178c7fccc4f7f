// Who has done something: a person by the login that is behind it, whatever user that has become since, or a unit of
// systemd by its name.
#pragma once

#include "base/json.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace holdfast::audit {

struct Who {
    bool unit = false;  // the daemon by itself, and no person
    std::string name;   // of the unit; of the login's user, else of the user
    std::uint32_t uid = 0;
    std::optional<std::uint32_t> login;  // the user that logged in; nothing where nobody did
    std::string scope;                   // the unit that it ran in, such as session-3.scope; "" where there is none
    bool by_bus = false;                 // asked for over D-Bus
    std::string said;                    // the name that a person gave with --by, or ""
    bool operator==(const Who&) const = default;
};

// This process, as the kernel knows it. `proc` is another /proc in tests.
Who self(const std::filesystem::path& proc = "/proc");
// What is known of another one. A process of a unit that nobody logged in to is the unit.
Who who_is(std::uint32_t uid, std::optional<std::uint32_t> login, const std::string& scope);

// "ada (login 1000, as root)", "holdfast-renew.service", "user root, who has not logged in"
std::string text(const Who& who);
Json as_json(const Who& who);
// Corrupt for anything else.
Result<Who> parse_who(const Json& value);

}  // namespace holdfast::audit
