// That a start waits for what takes as long as it takes: the runtime's data is being saved or brought back, or a person
// is asked for the PIN of the disk. A slot that waits for it does not hang.
#pragma once

#include <chrono>
#include <filesystem>

namespace holdfast::update {

// Told from here to the end of its scope, in /run below `root`.
class Pause {
public:
    explicit Pause(std::filesystem::path root);
    Pause(const Pause&) = delete;
    Pause& operator=(const Pause&) = delete;
    ~Pause();

private:
    std::filesystem::path root_;
};

// How long this start has spent on it, until now where it still goes on.
std::chrono::seconds paused(const std::filesystem::path& root);

}  // namespace holdfast::update
