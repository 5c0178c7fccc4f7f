// Computers in network namespaces of their own, on one wire with bad weather: frames are lost, late, doubled, out of
// order, and too many; all of it by a seed. What tc-netem does, for kernels that have no such module.
#pragma once

#include "base/handle.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <queue>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace holdfast::test {

struct Weather {
    bool cut = false;                      // nothing gets through
    double loss = 0, twice = 0, late = 0;  // parts of all frames; those that are late come behind others
    std::chrono::milliseconds delay{0};
    std::uint64_t bytes_per_second = 0;  // 0: as fast as it goes
};

// One namespace, with lo and eth0 at 10.9.0.N.
class Station {
public:
    explicit Station(unsigned number);
    std::string address() const { return "10.9.0." + std::to_string(number_); }
    // What runs a program there: put it before its words.
    std::vector<std::string> inside() const;
    int wire() const { return wire_.number(); }

private:
    unsigned number_;
    Fd space_, wire_;
};

class Wire {
public:
    Wire(const std::vector<const Station*>& stations, std::uint32_t seed);
    Wire(const Wire&) = delete;
    Wire& operator=(const Wire&) = delete;
    ~Wire();
    // At that station's end of the wire, both ways.
    void set(std::size_t station, const Weather& weather);
    // Frames so far: handed on, and lost to the weather.
    std::uint64_t carried() const { return carried_; }
    std::uint64_t lost() const { return lost_; }

private:
    using Clock = std::chrono::steady_clock;
    struct Frame {
        Clock::time_point due;
        std::size_t to = 0;
        std::string bytes;
        bool operator>(const Frame& other) const { return due > other.due; }
    };
    struct End {
        int wire = -1;
        Weather weather;
        Clock::time_point free;  // when the next frame can begin
    };
    void run(const std::stop_token& stop);
    void take(std::size_t from);
    void send(std::size_t from, const std::string& bytes);
    void pass(std::size_t from, std::size_t to, const std::string& bytes, Clock::time_point now);
    void deliver(Clock::time_point now);
    bool happens(double part) { return std::uniform_real_distribution(0.0, 1.0)(random_) < part; }
    std::mutex mutex_;
    std::mt19937 random_;
    std::vector<End> ends_;
    std::map<std::string, std::size_t> known_;  // station by its hardware address
    std::priority_queue<Frame, std::vector<Frame>, std::greater<>> frames_;
    std::uint64_t carried_ = 0, lost_ = 0;
    Fd wake_;
    std::jthread thread_;
};

}  // namespace holdfast::test
