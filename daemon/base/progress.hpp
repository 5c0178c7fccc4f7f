// What a person sees of a long step: its name when it begins, its seconds when it ends.
#pragma once

#include "base/result.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

namespace holdfast {

// One step; prints to stderr. Several may run at once, each writes whole lines.
class Step {
public:
    explicit Step(std::string name);
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;
    // Prints "name  12.3 s", or "name  failed after 12.3 s" where done() was never called.
    ~Step();
    void done() { done_ = true; }
    // Prints "name  120 of 700 files", at most every two seconds.
    void at(std::uint64_t done, std::uint64_t total, std::string_view unit);
    double seconds() const;

private:
    std::string name_;
    std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
    std::chrono::steady_clock::time_point told_ = begun_;
    bool done_ = false;
};

// Runs `work`, which returns a Result, as one step: shown to the person, and named in its errors. It may take the Step,
// to tell how far it is.
template <class F>
auto step(const std::string& name, F&& work) {
    Step shown(name);
    auto result = [&] {
        if constexpr (std::is_invocable_v<F, Step&>)
            return work(shown);
        else
            return work();
    }();
    if (result) shown.done();
    return in(name, std::move(result));
}

}  // namespace holdfast
