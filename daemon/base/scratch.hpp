// A private folder for work in between, gone with its owner.
#pragma once

#include "base/result.hpp"

#include <filesystem>
#include <string_view>
#include <utility>

namespace holdfast {

class Scratch {
public:
    // Mode 0700, under TMPDIR (or /tmp), with `name` in its name.
    static Result<Scratch> make(std::string_view name);
    Scratch(Scratch&& other) noexcept : path_(std::exchange(other.path_, {})) {}
    Scratch& operator=(Scratch&&) = delete;
    ~Scratch();

    const std::filesystem::path& path() const { return path_; }

private:
    explicit Scratch(std::filesystem::path path) : path_(std::move(path)) {}
    std::filesystem::path path_;
};

}  // namespace holdfast
