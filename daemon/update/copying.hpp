// That the runtime's data is being saved or brought back: it takes as long as it takes, and a slot whose start waits
// for it does not hang.
#pragma once

#include <chrono>
#include <filesystem>

namespace holdfast::update {

// Told from here to the end of its scope, in /run below `root`.
class Copying {
public:
    explicit Copying(std::filesystem::path root);
    Copying(const Copying&) = delete;
    Copying& operator=(const Copying&) = delete;
    ~Copying();

private:
    std::filesystem::path root_;
};

// How long this start has spent on it, until now where it still goes on.
std::chrono::seconds copied(const std::filesystem::path& root);

}  // namespace holdfast::update
