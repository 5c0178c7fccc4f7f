// One workload's SPIFFE Workload API: gRPC on a unix socket that its user alone may open, which is all the proof of who
// calls (SPIFFE Workload Endpoint, sections 3 and 5).
#pragma once

#include "base/result.hpp"
#include "workload/desk.hpp"

#include <filesystem>
#include <memory>

namespace holdfast::workload {

// Below the root. A folder for each workload, so that a container that is given the folder sees the socket that is made
// anew after a restart; one that was given a socket would hold on to the old one.
inline constexpr auto endpoints_folder = "run/holdfast/workload";
inline constexpr auto socket_name = "api.sock";

class Endpoint {
public:
    // Makes the folder and the socket, and answers from then on, in threads of gRPC. NotFound where there is no such
    // user, Busy where it cannot listen. `desk` outlives it.
    static Result<Endpoint> open(const Workload& workload, Desk& desk, const std::filesystem::path& root);
    Endpoint(Endpoint&&) noexcept;
    Endpoint& operator=(Endpoint&&) noexcept;
    // Ends all calls, so that clients come again to whatever answers next. The folder stays for that.
    ~Endpoint();

    // Hands new papers to those who have a call open, where there are any; who has papers keeps them where not.
    void look_again();
    const Workload& workload() const;

private:
    class State;
    explicit Endpoint(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace holdfast::workload
