#include "update/pause.hpp"

#include "base/file.hpp"
#include "base/json.hpp"
#include "update/journal.hpp"

#include <algorithm>
#include <unistd.h>

namespace holdfast::update {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t limit = 4096;

fs::path note(const fs::path& root) {
    return root / "run/holdfast/pause.json";
}

// Seconds since the start of the computer: where the one that goes on began (0: none does), and those that are over.
struct Noted {
    std::int64_t since = 0, before = 0;
    std::int64_t process = 0;  // who is at it
};

Noted read(const fs::path& root) {
    const auto text = read_whole(note(root), limit);
    const auto json = text ? json::parse(*text, limit) : std::unexpected(text.error());
    if (!json) return {};
    return {static_cast<std::int64_t>(json::number(*json, "since").value_or(0)),
            static_cast<std::int64_t>(json::number(*json, "before").value_or(0)),
            static_cast<std::int64_t>(json::number(*json, "process").value_or(0))};
}

// Nothing hangs on it but patience.
void write(const fs::path& root, const Noted& noted) {
    if (make_directories(note(root).parent_path()))
        static_cast<void>(write_whole(
            note(root), json::write({{"since", noted.since}, {"before", noted.before}, {"process", noted.process}})));
}

}  // namespace

Pause::Pause(fs::path root) : root_(std::move(root)) {
    write(root_, {std::max<std::int64_t>(now(root_).uptime, 1), read(root_).before, ::getpid()});
}

Pause::~Pause() {
    const Noted noted = read(root_);
    write(root_, {0, noted.before + now(root_).uptime - noted.since, 0});
}

std::chrono::seconds paused(const fs::path& root) {
    const Noted noted = read(root);
    // Whoever died at it is not at it any more.
    const bool going_on = noted.since > 0 && fs::exists("/proc/" + std::to_string(noted.process));
    return std::chrono::seconds(noted.before + (going_on ? now(root).uptime - noted.since : 0));
}

}  // namespace holdfast::update
