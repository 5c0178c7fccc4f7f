// What programs of a box cost while nobody wants anything of them: holdfastd on a bus of its own, and the catalog's
// server, with ten thousand entities on the box.
#pragma once

#include "base/process.hpp"
#include "bench/bench.hpp"

#include <chrono>
#include <filesystem>
#include <memory>

namespace holdfast::bench {

class Idling {
public:
    // `root` is the box's, with its catalog; the programs are those that were built from `source`.
    static Result<Idling> begin(const std::filesystem::path& source, const std::filesystem::path& root);
    // Counted from so long after their start that nothing of starting is left, until this is called.
    Result<Figures> end();

private:
    struct Watched {
        Child child;
        long long woken = 0;
    };
    Idling(Child bus, Child daemon, Child catalog) : bus_(std::move(bus)) {
        watched_.push_back({std::move(daemon), 0});
        watched_.push_back({std::move(catalog), 0});
    }
    Child bus_;
    std::vector<Watched> watched_;
    std::chrono::steady_clock::time_point since_;
};

}  // namespace holdfast::bench
