// Data that goes with a slot: what the runtime keeps in /var, as it was before another version of the system ran with
// it. Taken while nothing of the runtime runs yet, so databases are at rest.
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::update {

// The folders and files that belong to the runtime: {"paths":["/var/lib/containers", …]} in
// /usr/lib/holdfast/state.json. Absolute, below /var, without "..". Empty where there is no such file.
Result<std::vector<std::filesystem::path>> state_paths(const std::filesystem::path& root);
Result<std::vector<std::filesystem::path>> parse_state_paths(std::string_view text);

// Copies the paths (by reflink where the file system can) and binds the copy to the commit `of`, whose data it is, and
// to `before`, the commit that runs with it next. Nothing to do where that is there already. NoSpace where the disk is
// too small: then nothing of it stays.
Result<> take_snapshot(const std::filesystem::path& root, const std::vector<std::filesystem::path>& paths,
                       const std::string& of, const std::string& before);

// Puts back what was taken of `of` before `before` ran. False where there is no such snapshot. A cut leaves each path
// as it was or as it is to be, and the next call goes on.
Result<bool> restore_snapshot(const std::filesystem::path& root, const std::string& of, const std::string& before);

// Removes all snapshots but those of `kept`.
Result<> prune_snapshots(const std::filesystem::path& root, const std::vector<std::string>& kept);

}  // namespace holdfast::update
