// Where requests for updates are handed in and their progress is read. What changes the box is another program
// (holdfast-update), so these are files: /run/holdfast/update/request.json and progress.json.
#pragma once

#include "audit/who.hpp"
#include "base/result.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace holdfast::agent {

inline constexpr auto desk_folder = "run/holdfast/update";

// What changes something, and so is on record: audit.
inline constexpr std::array<std::string_view, 5> deeds{"download", "apply", "rollback", "release-hold", "stop"};

struct Request {
    std::uint64_t id = 0;
    std::string verb;               // check, download, apply, rollback, release-hold, stop, automatic, go-on
    std::string source;             // for check and download; empty: the settings'
    std::string downgrade_to;       // a version or commit
    std::string commit;             // for release-hold
    bool now = false;               // apply outside the window, too
    bool keep_data = false;         // rollback: the runtime's data stays as it is
    std::string why;                // as a person has said it, or ""
    std::optional<audit::Who> who;  // has asked for it; nothing where it happens by itself
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
struct End {
    std::uint64_t id = 0;  // of the request
    Done done;
    bool operator==(const End&) const = default;
};
struct Work {
    std::uint64_t id = 0;  // of the request; 0: of none, it happens by itself
    std::string verb, phase;
    std::uint64_t done = 0, total = 0;
    std::optional<Done> finished;
    // How the requests before it ended, the last one first: one may end and the next begin before anybody looks.
    std::vector<End> before;
    bool operator==(const Work&) const = default;
};
Result<Work> parse_work(std::string_view text);
std::string write_work(const Work& work);

// How the requests ended that it tells of, the last one first.
std::vector<End> ends(const Work& work);

// Busy while another one waits, or one is worked at that does not stop for it: a check, a download and what happens by
// itself do.
Result<> hand_in(const std::filesystem::path& root, const Request& request);
// The request that waits on the desk; NotFound where there is none.
Result<Request> waiting(const std::filesystem::path& root);
// Takes it away.
Result<Request> take(const std::filesystem::path& root);
// Keeps what was told of earlier ends.
Result<> tell(const std::filesystem::path& root, Work work);
// What was told last; an empty one where nothing was.
Work listen(const std::filesystem::path& root);

// Wants a stop once a request waits, and looks for one every second: whoever fetches from a silent server cannot.
class RequestWatch {
public:
    RequestWatch(std::filesystem::path root, std::stop_source stop);

private:
    std::jthread looking_;
};

// Lets time pass. False where a stop came first.
bool pass(const std::stop_token& stop, std::chrono::milliseconds time);

}  // namespace holdfast::agent
