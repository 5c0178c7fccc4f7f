// A client of the QEMU guest agent: runs commands and moves files in a machine without a network.
// Protocol: https://www.qemu.org/docs/master/interop/qemu-ga-ref.html
#pragma once

#include "base/json.hpp"
#include "base/process.hpp"
#include "vm/channel.hpp"
#include "vm/deadline.hpp"

#include <functional>

namespace holdfast::vm {

class Agent {
public:
    // Makes progress once (moves bytes of the port, and of whatever else the caller has), at most until the deadline.
    using Step = std::function<Result<>(Deadline)>;

    // Synchronised with the agent at the other end of the port. Offline where it does not answer in time.
    static Result<Agent> connect(Port& port, Step step, Deadline deadline);

    // Runs a program to its end. An Error where it cannot be started or the deadline passes; its own failure is in
    // `exit`. The agent keeps at most 16 MiB of each stream.
    Result<Finished> run(const Arguments& arguments, Deadline deadline, const std::string& input = {});
    // As above, and stdout on success; else an Error with the last words.
    Result<std::string> run_or_fail(const Arguments& arguments, Deadline deadline, const std::string& input = {});
    // The same for a line of shell.
    Result<std::string> shell(const std::string& script, Deadline deadline);

    // A whole file, at most `limit` bytes.
    Result<std::string> read_file(const std::string& path, Deadline deadline, std::size_t limit = 4UL * 1024 * 1024);
    Result<> write_file(const std::string& path, std::string_view bytes, Deadline deadline);

    enum class Shutdown { PowerOff, Reboot, Halt };
    // Asks; the machine goes down some time after. There is no answer to wait for.
    void shut_down(Shutdown how);

private:
    Agent(Port& port, Step step) : port_(&port), step_(std::move(step)) {}
    Result<Json> call(const char* name, const Json& arguments, Deadline deadline);
    Result<Json> answer(Deadline deadline);
    Result<> synchronise(Deadline deadline);

    Port* port_;
    Step step_;
};

// RFC 4648, section 4. Corrupt for anything else.
std::string to_base64(std::string_view bytes);
Result<std::string> from_base64(std::string_view text);

}  // namespace holdfast::vm
