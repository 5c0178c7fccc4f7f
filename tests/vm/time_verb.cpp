#include "base/scratch.hpp"
#include "vm/start.hpp"

#include <algorithm>
#include <print>

namespace holdfast::vm {

namespace {

Result<double> one_run(const TimeWish& wish, const Bench& bench) {
    // A fresh layer each time: every run is the first boot of the image.
    const auto scratch = TRY(Scratch::make("vm"));
    const auto disk = TRY(disk_over(wish.image, scratch.path()));
    const auto started =
        TRY(start({.folder = scratch.path(), .disks = {disk}, .kernel_words = wish.kernel_words}, bench));
    const auto line = TRY(started.machine->wait_for(wish.until, Deadline::in(bench.timeout)));
    started.machine->cut_power();
    std::println(stderr, "{:7.1f} s  {}", line.seconds, line.text);
    return line.seconds;
}

}  // namespace

Result<int> measure_time(const TimeWish& wish, const Bench& bench) {
    std::vector<double> seconds;
    for (unsigned run = 0; run < wish.runs; ++run) {
        const double taken = TRY(one_run(wish, bench));
        seconds.push_back(taken);
        if (!bench.json) std::println("{:.2f}", taken);
        std::fflush(stdout);
    }
    if (bench.json)
        std::println("{}",
                     json::write({{"until", wish.until}, {"seconds", seconds}, {"best", std::ranges::min(seconds)}}));
    return 0;
}

}  // namespace holdfast::vm
