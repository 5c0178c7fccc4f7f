#include "net/weather.hpp"

#include "base/process.hpp"

#include <boost/test/unit_test.hpp>
#include <cstring>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace holdfast::test {

namespace {

constexpr std::size_t frame_limit = 2048, address_bytes = 6, group_bit = 1;
constexpr auto longest_queue = std::chrono::milliseconds(800);

Fd open_wire() {
    Fd wire(::open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK));
    ifreq wanted{};
    std::strncpy(wanted.ifr_name, "eth0", IFNAMSIZ - 1);
    wanted.ifr_flags = IFF_TAP | IFF_NO_PI;
    if (::ioctl(wire.number(), TUNSETIFF, &wanted) != 0) return {};
    return wire;
}

}  // namespace

// A thread may have a network of its own; what it opens there stays there.
Station::Station(unsigned number) : number_(number) {
    std::thread([this] {
        if (::unshare(CLONE_NEWNET) != 0) return;
        space_ = Fd(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
        wire_ = open_wire();
    }).join();
    BOOST_REQUIRE(space_);
    BOOST_REQUIRE(wire_);
    const std::vector<std::vector<std::string>> steps = {{"link", "set", "lo", "up"},
                                                         {"link", "set", "eth0", "up"},
                                                         {"address", "add", address() + "/24", "dev", "eth0"}};
    for (const auto& words : steps) {
        auto command = inside();
        command.emplace_back("ip");
        command.insert(command.end(), words.begin(), words.end());
        const auto done = run_or_fail(command);
        BOOST_REQUIRE_MESSAGE(done, done.error().what);
    }
}

std::vector<std::string> Station::inside() const {
    return {"nsenter", "--net=/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(space_.number())};
}

Wire::Wire(const std::vector<const Station*>& stations, std::uint32_t seed)
    : random_(seed), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    for (const auto* each : stations) ends_.push_back({each->wire(), {}, {}});
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

Wire::~Wire() {
    thread_.request_stop();
    ::eventfd_write(wake_.number(), 1);
}

void Wire::set(std::size_t station, const Weather& weather) {
    const std::scoped_lock lock(mutex_);
    ends_.at(station).weather = weather;
}

void Wire::run(const std::stop_token& stop) {
    std::vector<pollfd> polled{{wake_.number(), POLLIN, 0}};
    for (const auto& each : ends_) polled.push_back({each.wire, POLLIN, 0});
    while (!stop.stop_requested()) {
        int wait = -1;
        if (!frames_.empty()) {
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(frames_.top().due - Clock::now());
            wait = static_cast<int>(std::max<std::int64_t>(left.count(), 0));
        }
        ::poll(polled.data(), polled.size(), wait);
        const std::scoped_lock lock(mutex_);
        for (std::size_t i = 0; i < ends_.size(); ++i)
            if (polled[i + 1].revents & POLLIN) take(i);
        deliver(Clock::now());
    }
}

void Wire::take(std::size_t from) {
    std::string bytes(frame_limit, '\0');
    ssize_t got = 0;
    while ((got = ::read(ends_[from].wire, bytes.data(), bytes.size())) > 0)
        send(from, bytes.substr(0, static_cast<std::size_t>(got)));
}

// To whom it is for; to all where nobody knows.
void Wire::send(std::size_t from, const std::string& bytes) {
    if (bytes.size() < 2 * address_bytes) return;
    known_[bytes.substr(address_bytes, address_bytes)] = from;
    const auto found = known_.find(bytes.substr(0, address_bytes));
    const bool to_all = (static_cast<unsigned char>(bytes[0]) & group_bit) != 0 || found == known_.end();
    const auto now = Clock::now();
    for (std::size_t to = 0; to < ends_.size(); ++to)
        if (to != from && (to_all || found->second == to)) pass(from, to, bytes, now);
}

void Wire::pass(std::size_t from, std::size_t to, const std::string& bytes, Clock::time_point now) {
    Frame frame{now, to, bytes};
    bool twice = false;
    for (const auto which : {from, to}) {
        End& end = ends_[which];
        const Weather& weather = end.weather;
        if (weather.cut || happens(weather.loss)) {
            ++lost_;
            return;
        }
        twice = twice || happens(weather.twice);
        frame.due += weather.delay * (happens(weather.late) ? 3 : 1);
        if (weather.bytes_per_second == 0) continue;
        end.free = std::max(end.free, now);
        if (end.free - now > longest_queue) {
            ++lost_;
            return;
        }
        end.free += std::chrono::microseconds(bytes.size() * 1'000'000 / weather.bytes_per_second);
        frame.due += end.free - now;
    }
    if (twice) frames_.push(frame);
    frames_.push(std::move(frame));
}

void Wire::deliver(Clock::time_point now) {
    for (; !frames_.empty() && frames_.top().due <= now; frames_.pop()) {
        const Frame& frame = frames_.top();
        if (::write(ends_[frame.to].wire, frame.bytes.data(), frame.bytes.size()) > 0) ++carried_;
    }
}

}  // namespace holdfast::test
