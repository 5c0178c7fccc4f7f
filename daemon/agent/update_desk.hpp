// Where requests for updates are handed in and their progress is read. What changes the box is another program
// (holdfast-update), so these are files: /run/holdfast/update/request.json and progress.json.
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::agent {

inline constexpr auto desk_folder = "run/holdfast/update";

struct Request {
    std::uint64_t id = 0;
    std::string verb;          // check, download, apply, rollback, release-hold, automatic, go-on
    std::string source;        // for check and download; empty: the settings'
    std::string downgrade_to;  // a version or commit
    std::string commit;        // for release-hold
    bool now = false;          // apply outside the window, too
    bool keep_data = false;    // rollback: the runtime's data stays as it is
    bool operator==(const Request&) const = default;
};
// Corrupt for an unknown verb or key, and for texts over 4096 bytes.
Result<Request> parse_request(std::string_view text);
std::string write_request(const Request& request);

struct Done {
    bool good = false;
    std::string code;  // "" or not-found, denied, corrupt, offline, no-space, busy, bug
    std::string what;  // for people
    bool reboots = false;
    bool operator==(const Done&) const = default;
};
struct Work {
    std::uint64_t id = 0;  // of the request
    std::string verb, phase;
    std::uint64_t done = 0, total = 0;
    std::optional<Done> finished;
    bool operator==(const Work&) const = default;
};
Result<Work> parse_work(std::string_view text);
std::string write_work(const Work& work);

// Busy while another one waits or is worked at.
Result<> hand_in(const std::filesystem::path& root, const Request& request);
// Takes the request away; NotFound where there is none.
Result<Request> take(const std::filesystem::path& root);
Result<> tell(const std::filesystem::path& root, const Work& work);
// What was told last; an empty one where nothing was.
Work listen(const std::filesystem::path& root);

}  // namespace holdfast::agent
