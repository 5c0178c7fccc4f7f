// The messages of the journal, from where they were read last.
#pragma once

#include "base/result.hpp"
#include "telemetry/pattern.hpp"

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>

namespace holdfast::telemetry {

// Where the reading of the journal has come to, on disk.
class JournalPlace {
public:
    // `file` need not be there, but its folder.
    explicit JournalPlace(std::filesystem::path file) : file_(std::move(file)) {}

    // Hands on what came since the last time, at most `limit` messages, none of priority debug. The first time ever
    // from the start of this boot on. An Error where there is no journal that can be read.
    Result<> read(const std::filesystem::path& root, std::size_t limit, const std::function<void(const Entry&)>& use);
    // What was read is counted for good: the next start goes on behind it.
    Result<> keep();

private:
    std::filesystem::path file_;
    std::string cursor_, kept_;
    bool loaded_ = false;
};

}  // namespace holdfast::telemetry
