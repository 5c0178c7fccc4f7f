// Other programs: spawned without a shell, waited for by pidfd, never left behind.
#pragma once

#include "base/handle.hpp"
#include "base/result.hpp"

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace holdfast {

using Arguments = std::vector<std::string>;

struct Finished {
    int exit = 0;        // 0..255, or 128 + signal
    std::string output;  // what it wrote to stdout
    std::string errors;  // what it wrote to stderr
    bool timed_out = false;
};

enum class Keep { First, Last };
enum class Until { OutputsEnd, Exit };

struct RunOptions {
    std::string input;                                    // fed to stdin
    std::vector<std::string> environment;                 // "KEY=value", added to ours
    std::filesystem::path directory;                      // where it starts; empty: here
    std::optional<std::chrono::milliseconds> time_limit;  // then killed with its whole process group
    std::size_t output_limit = 64UL * 1024 * 1024;        // bytes kept of each stream; the rest is dropped
    Keep keep = Keep::First;                              // which bytes are kept where the limit strikes
    bool show = false;                                    // pass stdout and stderr through to ours
    bool merge = false;                                   // stderr goes where stdout goes, in order
    Until until = Until::OutputsEnd;                      // Exit: do not wait for children that hold the outputs
};

// Runs to the end. An Error only where it could not be started; its own failure is in `exit`.
Result<Finished> run(const Arguments& arguments, const RunOptions& options = {});

// Runs to the end and takes stdout. A non-zero exit is an Error with the command's last words.
Result<std::string> run_or_fail(const Arguments& arguments, const RunOptions& options = {});

// A child that runs beside us; the destructor ends it (SIGTERM, then SIGKILL) and waits.
class Child {
public:
    // `keep` are descriptors that the child inherits under the same number.
    static Result<Child> spawn(const Arguments& arguments, const std::vector<int>& keep = {},
                               const std::filesystem::path& log = "/dev/null");
    Child(Child&& other) noexcept : pid_(std::exchange(other.pid_, -1)), pidfd_(std::move(other.pidfd_)) {}
    Child& operator=(Child&&) noexcept;
    ~Child();

    pid_t pid() const { return pid_; }
    // Becomes readable when the child has ended.
    int descriptor() const { return pidfd_.number(); }
    // Waits at most `limit`; the exit code (128 + signal), or nothing while it still runs.
    std::optional<int> wait(std::chrono::milliseconds limit);
    void end();

private:
    Child(pid_t pid, Fd pidfd) : pid_(pid), pidfd_(std::move(pidfd)) {}
    pid_t pid_ = -1;
    Fd pidfd_;
};

}  // namespace holdfast
