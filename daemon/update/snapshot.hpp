// Data that goes with a slot: what the runtime keeps in /var, as it was before another version of the system ran with
// it. Taken while nothing of the runtime runs yet, so databases are at rest.
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::update {

// The folders and files that belong to the runtime: {"paths":["/var/lib/containers", …]} in
// /usr/lib/holdfast/state.json. Absolute, below /var, without "..". Empty where there is no such file.
Result<std::vector<std::filesystem::path>> state_paths(const std::filesystem::path& root);
Result<std::vector<std::filesystem::path>> parse_state_paths(std::string_view text);

// What a snapshot belongs to.
struct Bond {
    std::string of;      // the commit whose data it is
    std::string before;  // the commit that runs with it next
    std::string trial;   // the one attempt that it was taken for: start and second in which that began
    bool operator==(const Bond&) const = default;
};

// Copies the paths (by reflink where the file system can). Nothing to do where that is there already for this very
// attempt. One of `of` alone is kept: the newest. NoSpace where the disk is too small: then nothing of it stays, and
// older ones of other commits than `kept` are removed first. `wall`: seconds since the epoch, by which it ages.
Result<> take_snapshot(const std::filesystem::path& root, const std::vector<std::filesystem::path>& paths,
                       const Bond& bond, std::int64_t wall, const std::vector<std::string>& kept = {});

// NoSpace where a snapshot of the paths would find no room, though all others went for it.
Result<> room_for_snapshot(const std::filesystem::path& root, const std::vector<std::filesystem::path>& paths);

// Puts back what was taken for that attempt. False where there is no such snapshot. A cut leaves each path as it was or
// as it is to be, or on a disk with no room for both gone; the next call goes on. There the snapshot itself becomes the
// path, and is none any more.
Result<bool> restore_snapshot(const std::filesystem::path& root, const Bond& bond);

// What is kept of that commit's data, whatever it was taken for.
std::optional<Bond> snapshot_of(const std::filesystem::path& root, const std::string& commit);

inline constexpr std::int64_t snapshot_days = 30;
// Removes what was kept for that commit.
Result<> drop_snapshot(const std::filesystem::path& root, const std::string& commit);
// Removes those that are older than `snapshot_days` at `wall`.
Result<> prune_aged_snapshots(const std::filesystem::path& root, std::int64_t wall);
// Removes all snapshots but those of `kept`, and of those the ones that are older than `snapshot_days` at `wall`.
Result<> prune_snapshots(const std::filesystem::path& root, const std::vector<std::string>& kept, std::int64_t wall);

}  // namespace holdfast::update
