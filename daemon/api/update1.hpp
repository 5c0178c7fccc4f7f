// The D-Bus object /org/holdfast/Update1; the contract is org.holdfast.Update1.xml beside this file.
#pragma once

#include "agent/update_desk.hpp"
#include "api/bus.hpp"

#include <functional>
#include <map>

namespace holdfast::api {

struct UpdateFacts {
    std::string state = "idle", version, commit, slot, cause;
    agent::Work work;
    std::function<std::uint64_t()> waiting;  // the id of the request on the desk; asked each time
};

class Update1 {
public:
    struct Handlers {
        // Takes a request in; its id. `who` is the process that asked, as the bus and the kernel know it.
        std::function<Result<std::uint64_t>(const std::string& verb, const std::map<std::string, std::string>& options,
                                            const audit::Who& who)>
            request;
        std::function<Result<std::string>()> history;
    };
    static Result<Update1> publish(const Bus& bus, UpdateFacts facts, Handlers handlers);
    Update1(Update1&&) noexcept;
    Update1& operator=(Update1&&) noexcept;
    ~Update1();

    // Announces what changed, and Finished for each request that has come to its end.
    Result<> update(UpdateFacts facts);

private:
    struct Parts;
    explicit Update1(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace holdfast::api
