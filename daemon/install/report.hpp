// What a person at the console is told while a step runs.
#pragma once

#include <cstdint>
#include <string_view>

namespace holdfast::install {

class Report {
public:
    virtual ~Report() = default;
    // A step begins; the one before has ended.
    virtual void step(std::string_view what) = 0;
    // How far the step is, in any unit. May be called as often as one likes.
    virtual void advance(std::uint64_t done, std::uint64_t total) = 0;
};

}  // namespace holdfast::install
