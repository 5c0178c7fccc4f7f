#include "base/progress.hpp"

#include <cstdio>
#include <print>

namespace holdfast {

Step::Step(std::string name) : name_(std::move(name)) {
    std::println(stderr, "{:<44} …", name_);
}

double Step::seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun_).count();
}

void Step::at(std::uint64_t done, std::uint64_t total, std::string_view unit) {
    constexpr auto pause = std::chrono::seconds(2);
    const auto now = std::chrono::steady_clock::now();
    if (now - told_ < pause) return;
    told_ = now;
    std::println(stderr, "{:<44} {} of {} {}", name_, done, total, unit);
}

Step::~Step() {
    std::println(stderr, "{:<44} {}{:.1f} s", name_, done_ ? "" : "failed after ", seconds());
}

}  // namespace holdfast
