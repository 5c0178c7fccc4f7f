// What a person sees of a long step: its name when it begins, its seconds when it ends.
#pragma once

#include "base/result.hpp"

#include <chrono>
#include <string>

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
    double seconds() const;

private:
    std::string name_;
    std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
    bool done_ = false;
};

// Runs `work`, which returns a Result, as one step: shown to the person, and named in its errors.
template <class F>
auto step(const std::string& name, F&& work) -> decltype(work()) {
    Step shown(name);
    auto result = work();
    if (result) shown.done();
    return in(name, std::move(result));
}

}  // namespace holdfast
