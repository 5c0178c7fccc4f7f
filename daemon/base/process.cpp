#include "base/process.hpp"

#include "base/file.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>

extern "C" {  // this header of glibc 2.41 does not say so itself
#include <sys/pidfd.h>
}

namespace holdfast {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

struct Pipe {
    Fd reader, writer;
};

Result<Pipe> make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) < 0) return std::unexpected(system_error(errno, "pipe", "cannot make"));
    return Pipe{Fd(ends[0]), Fd(ends[1])};
}

// posix_spawn's two C objects, freed together.
struct SpawnPlan {
    posix_spawn_file_actions_t actions{};
    posix_spawnattr_t attributes{};
    SpawnPlan() {
        posix_spawn_file_actions_init(&actions);
        posix_spawnattr_init(&attributes);
        sigset_t none;
        sigemptyset(&none);
        posix_spawnattr_setsigmask(&attributes, &none);
        // We ignore SIGPIPE, which a child would inherit; `yes | head` needs it deadly.
        sigset_t deadly;
        sigemptyset(&deadly);
        sigaddset(&deadly, SIGPIPE);
        posix_spawnattr_setsigdefault(&attributes, &deadly);
        posix_spawnattr_setpgroup(&attributes, 0);
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    }
    SpawnPlan(const SpawnPlan&) = delete;
    SpawnPlan& operator=(const SpawnPlan&) = delete;
    ~SpawnPlan() {
        posix_spawn_file_actions_destroy(&actions);
        posix_spawnattr_destroy(&attributes);
    }
    void redirect(int from, int to) { posix_spawn_file_actions_adddup2(&actions, from, to); }
};

std::vector<char*> pointers(const std::vector<std::string>& words) {
    std::vector<char*> result;
    result.reserve(words.size() + 1);
    for (const auto& word : words) result.push_back(const_cast<char*>(word.c_str()));
    result.push_back(nullptr);
    return result;
}

std::vector<char*> environment_with(const std::vector<std::string>& added) {
    std::vector<char*> result;
    for (char** each = environ; *each; ++each) {
        const std::string_view entry = *each;
        const auto key = entry.substr(0, entry.find('=') + 1);
        bool replaced = false;
        for (const auto& word : added) replaced |= word.starts_with(key);
        if (!replaced) result.push_back(*each);
    }
    for (const auto& word : added) result.push_back(const_cast<char*>(word.c_str()));
    result.push_back(nullptr);
    return result;
}

Result<pid_t> start(const Arguments& arguments, const SpawnPlan& plan, const std::vector<std::string>& environment) {
    pid_t pid = -1;
    auto argv = pointers(arguments);
    auto envp = environment_with(environment);
    const int failed = posix_spawnp(&pid, argv[0], &plan.actions, &plan.attributes, argv.data(), envp.data());
    if (failed) return std::unexpected(system_error(failed, arguments.at(0), "cannot run"));
    return pid;
}

int reap(pid_t pid) {
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void append(std::string& into, std::string_view bytes, const RunOptions& options) {
    const std::size_t limit = options.output_limit;
    if (options.keep == Keep::Last) {
        into += bytes;
        // Cut only now and then, so that much output does not move the kept bytes again and again.
        if (into.size() > 2 * limit) into.erase(0, into.size() - limit);
    } else if (into.size() < limit) {
        into += bytes.substr(0, limit - into.size());
    }
}

void drain(Fd& from, std::string& into, const RunOptions& options) {
    std::array<char, 65536> buffer;
    const ssize_t n = ::read(from.number(), buffer.data(), buffer.size());
    if (n <= 0 && !(n < 0 && (errno == EINTR || errno == EAGAIN))) from.close();
    if (n > 0) append(into, {buffer.data(), static_cast<std::size_t>(n)}, options);
}

void feed(Fd& into, std::string_view& bytes) {
    const ssize_t n = ::write(into.number(), bytes.data(), bytes.size());
    if (n > 0) bytes.remove_prefix(static_cast<std::size_t>(n));
    if (bytes.empty() || (n < 0 && errno != EINTR && errno != EAGAIN)) into.close();
}

struct Streams {
    Fd in, out, err;
    Fd ended;  // the program itself, as a pidfd; only for Until::Exit
};

// What is left in the pipes of a program that has ended; a child of it may write on, nobody waits for that.
// At most what two pipes hold, so that such a child cannot keep us either.
void take_the_rest(Streams& streams, const RunOptions& options, Finished& finished) {
    for (int round = 0; round < 16; ++round) {
        std::array<pollfd, 2> polled{{{streams.out.number(), POLLIN, 0}, {streams.err.number(), POLLIN, 0}}};
        if (::poll(polled.data(), polled.size(), 0) <= 0) return;
        if (polled[0].revents) drain(streams.out, finished.output, options);
        if (polled[1].revents) drain(streams.err, finished.errors, options);
    }
}

// Moves bytes until both outputs end (or the program, see Until) or the limit strikes; true where the limit struck.
bool pump(Streams& streams, const RunOptions& options, Finished& finished) {
    std::string_view input = options.input;
    const auto deadline = Clock::now() + options.time_limit.value_or(milliseconds(0));
    while (streams.out || streams.err || streams.ended) {
        int wait = -1;
        if (options.time_limit) {
            wait = static_cast<int>(std::chrono::ceil<milliseconds>(deadline - Clock::now()).count());
            if (wait <= 0) return true;
        }
        std::array<pollfd, 4> polled{{{streams.in.number(), POLLOUT, 0},
                                      {streams.out.number(), POLLIN, 0},
                                      {streams.err.number(), POLLIN, 0},
                                      {streams.ended.number(), POLLIN, 0}}};
        if (::poll(polled.data(), polled.size(), wait) < 0) continue;
        if (polled[0].revents) feed(streams.in, input);
        if (polled[1].revents) drain(streams.out, finished.output, options);
        if (polled[2].revents) drain(streams.err, finished.errors, options);
        if (polled[3].revents) {
            take_the_rest(streams, options, finished);
            return false;
        }
    }
    return false;
}

void cut(std::string& output, const RunOptions& options) {
    if (output.size() > options.output_limit) output.erase(0, output.size() - options.output_limit);
}

std::string last_words(const Finished& finished) {
    std::string_view text = finished.errors.empty() ? finished.output : finished.errors;
    while (text.ends_with('\n')) text.remove_suffix(1);
    return std::string(text.size() > 2000 ? text.substr(text.size() - 2000) : text);
}

// A writer on a pipe whose reader has gone gets EPIPE, not a deadly signal.
void ignore_broken_pipes() {
    [[maybe_unused]] static const auto once = std::signal(SIGPIPE, SIG_IGN);
}

}  // namespace

Result<Finished> run(const Arguments& arguments, const RunOptions& options) {
    ignore_broken_pipes();
    Pipe in = TRY(make_pipe());
    Pipe out = TRY(make_pipe());
    Pipe err = TRY(make_pipe());
    SpawnPlan plan;
    plan.redirect(in.reader.number(), STDIN_FILENO);
    if (options.show) {
        plan.redirect(STDERR_FILENO, STDOUT_FILENO);
    } else {
        plan.redirect(out.writer.number(), STDOUT_FILENO);
        plan.redirect(options.merge ? out.writer.number() : err.writer.number(), STDERR_FILENO);
    }
    if (!options.directory.empty()) posix_spawn_file_actions_addchdir_np(&plan.actions, options.directory.c_str());
    const pid_t pid = TRY(start(arguments, plan, options.environment));
    in.reader.close();
    // With `show` nobody writes into these, but the child inherits neither, so they end at once.
    out.writer.close();
    err.writer.close();
    if (options.input.empty()) in.writer.close();
    if (in.writer) ::fcntl(in.writer.number(), F_SETFL, O_NONBLOCK);

    Finished finished;
    Streams streams{std::move(in.writer), std::move(out.reader), std::move(err.reader), {}};
    if (options.until == Until::Exit) streams.ended = Fd(::pidfd_open(pid, 0));
    finished.timed_out = pump(streams, options, finished);
    if (finished.timed_out) ::kill(-pid, SIGKILL);
    finished.exit = reap(pid);
    cut(finished.output, options);
    cut(finished.errors, options);
    return finished;
}

Result<std::string> run_or_fail(const Arguments& arguments, const RunOptions& options) {
    Finished finished = TRY(run(arguments, options));
    if (finished.timed_out) return fail(Code::Busy, arguments.at(0) + " did not end within its time limit");
    if (finished.exit == 0) return std::move(finished.output);
    const std::string words = last_words(finished);
    // ostree stops before the disk is full, by its setting min-free-space.
    const bool full = words.contains("No space left on device") || words.contains("min-free-space");
    const Code code = full ? Code::NoSpace : Code::Bug;
    return fail(code, arguments.at(0) + " ended with " + std::to_string(finished.exit) +
                          (words.empty() ? std::string() : ": " + words));
}

Result<Child> Child::spawn(const Arguments& arguments, const std::vector<int>& keep, const std::filesystem::path& log) {
    SpawnPlan plan;
    posix_spawn_file_actions_addopen(&plan.actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&plan.actions, STDOUT_FILENO, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    plan.redirect(STDOUT_FILENO, STDERR_FILENO);
    for (const int number : keep) plan.redirect(number, number);  // dup2 onto itself clears close-on-exec
    const pid_t pid = TRY(start(arguments, plan, {}));
    return Child(pid, Fd(::pidfd_open(pid, 0)));
}

Child& Child::operator=(Child&& other) noexcept {
    if (this != &other) {
        end();
        pid_ = std::exchange(other.pid_, -1);
        pidfd_ = std::move(other.pidfd_);
    }
    return *this;
}

Child::~Child() {
    end();
}

std::optional<int> Child::wait(milliseconds limit) {
    if (!pidfd_) return std::nullopt;
    pollfd polled{pidfd_.number(), POLLIN, 0};
    if (::poll(&polled, 1, static_cast<int>(limit.count())) <= 0) return std::nullopt;
    pidfd_.close();
    return reap(std::exchange(pid_, -1));
}

void Child::end() {
    if (!pidfd_) return;
    ::kill(-pid_, SIGTERM);
    if (wait(milliseconds(3000))) return;
    ::kill(-pid_, SIGKILL);
    wait(milliseconds(-1));
}

}  // namespace holdfast
