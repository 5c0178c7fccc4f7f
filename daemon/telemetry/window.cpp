#include "telemetry/window.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace holdfast::telemetry {

namespace {

constexpr std::size_t examples = 8;

// The mean grows with each value, so that no sum of a long window loses what is small.
void add_gauge(Reduced& into, double value) {
    into.least = into.count == 0 ? value : std::min(into.least, value);
    into.most = into.count == 0 ? value : std::max(into.most, value);
    into.mean += (value - into.mean) / static_cast<double>(into.count + 1);
}

}  // namespace

void Window::add(const Samples& samples) {
    ++result_.samples;
    for (const auto& [series, value] : samples) {
        const auto* known = metric(series.name);
        if (!known || !std::isfinite(value)) continue;
        auto found = result_.series.find(series);
        if (found == result_.series.end()) {
            if (result_.series.size() >= limit_) {
                if (beyond_.emplace(series, true).second && result_.examples.size() < examples)
                    result_.examples.push_back(text(series));
                result_.left_out = beyond_.size();
                continue;
            }
            found = result_.series.emplace(series, Reduced{known->kind, std::string(known->unit)}).first;
        }
        if (known->kind == Kind::Counter)
            add_counter(series, found->second, value);
        else
            add_gauge(found->second, value);
        found->second.last = value;
        ++found->second.count;
    }
}

// Where it is less than before, what counts has begun anew at 0. The first time nobody knows what came before it.
void Window::add_counter(const Series& series, Reduced& into, double value) {
    const auto [before, first] = counters_.try_emplace(series, value);
    if (!first) into.increase += value >= before->second ? value - before->second : value;
    before->second = value;
}

Window::Result Window::finish() {
    // One that was not there in all of a window is forgotten: should it come again, it is another one.
    std::erase_if(counters_, [&](const auto& each) { return !result_.series.contains(each.first); });
    beyond_.clear();
    return std::exchange(result_, {});
}

}  // namespace holdfast::telemetry
