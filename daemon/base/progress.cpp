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

Step::~Step() {
    std::println(stderr, "{:<44} {}{:.1f} s", name_, done_ ? "" : "failed after ", seconds());
}

}  // namespace holdfast
