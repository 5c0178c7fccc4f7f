// What a slot that failed leaves behind, for the one that runs after it.
#pragma once

#include "update/trial.hpp"

namespace holdfast::update {

// Written by a slot on trial whose verdict is red, before it restarts.
Result<> note_red(const std::filesystem::path& root, const std::string& commit, const std::string& explanation);

// The note of that commit, and a panic that the kernel kept (pstore) since `since` (seconds since the epoch).
Evidence gather(const std::filesystem::path& root, const std::string& commit, std::int64_t since);

// Forgets the note, so that the next attempt at the same commit begins clean.
void forget(const std::filesystem::path& root);

// The sentence of "Kernel panic - not syncing: …" in a kernel log; "" where it has none.
std::string panic_in(std::string_view log);

}  // namespace holdfast::update
