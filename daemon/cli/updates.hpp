// Asks holdfastd about updates and for them, over D-Bus.
#pragma once

#include "base/json.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <string>

namespace holdfast::cli {

// The properties of org.holdfast.Update1, whose contract says what they mean.
struct Update {
    std::string state, version, commit, slot, cause;
    struct Work {
        std::uint64_t id = 0;
        std::string verb, phase;
        std::uint64_t done = 0, total = 0;
        bool over = true;
    } work;
    struct Finished {
        std::uint64_t id = 0;
        bool good = false;
        std::string code, what;
        bool reboots = false;
    } last;
    std::uint64_t waiting = 0;  // the id of the request that is next
};

class Updates {
public:
    static Result<Updates> open(const std::string& address);
    Updates(Updates&&) noexcept;
    ~Updates();

    Result<Update> look();
    Result<Json> history();
    // Hands the request in and waits for its end; `seen` gets what the box tells meanwhile. Offline where the daemon
    // goes away and does not come back: the work goes on without it. Busy where the box works at another request and
    // does not know this one.
    using Seen = std::function<void(const Update&)>;
    Result<Update::Finished> request(const std::string& verb, const std::map<std::string, std::string>& options,
                                     const Seen& seen);
    // The same without waiting; the request's id.
    Result<std::uint64_t> hand_in(const std::string& verb, const std::map<std::string, std::string>& options);

private:
    struct Parts;
    explicit Updates(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace holdfast::cli
