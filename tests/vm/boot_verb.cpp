#include "base/scratch.hpp"
#include "vm/start.hpp"

namespace holdfast::vm {

Result<int> boot(const BootWish& wish, const Bench& bench) {
    const auto scratch = TRY(Scratch::make("vm"));
    const auto disk = TRY(disk_over(wish.image, scratch.path()));
    const auto started = TRY(start({.folder = scratch.path(), .disks = {disk}}, bench));
    return to_verdict(started, bench, wish.console);
}

}  // namespace holdfast::vm
