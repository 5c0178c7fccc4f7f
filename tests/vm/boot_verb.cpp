#include "base/scratch.hpp"
#include "vm/start.hpp"

#include <print>

namespace holdfast::vm {

Result<int> boot(const BootWish& wish, const Bench& bench) {
    const auto scratch = TRY(Scratch::make("vm"));
    const auto disk = TRY(disk_over(wish.image, scratch.path()));
    Hardware hardware{.folder = scratch.path(), .disks = {disk}};
    std::optional<Served> served;
    if (!wish.serve.empty()) {
        served = TRY(Served::open(wish.serve, wish.programs, scratch.path() / "serve.log"));
        hardware.network = Network::User;
        hardware.web_server = served->carrier();
        std::println(stderr, "{} is at {} in the machine", wish.serve.string(), Served::url);
    }
    const auto started = TRY(start(std::move(hardware), bench));
    return to_verdict(started, bench, wish.console);
}

}  // namespace holdfast::vm
