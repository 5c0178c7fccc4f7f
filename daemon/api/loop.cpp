#include "api/loop.hpp"

#include "base/handle.hpp"

#include <csignal>
#include <cstring>
#include <string>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>
#include <vector>

namespace holdfast::api {

namespace {

struct Watch {
    std::string name;  // of the file; "" for any
    std::function<void()> changed;
};

int on_inotify(sd_event_source*, const inotify_event* event, void* userdata) {
    const auto* watch = static_cast<const Watch*>(userdata);
    // After an overflow nobody knows what was missed, so look again.
    const bool ours = event->len > 0 && (watch->name.empty() || watch->name == event->name);
    if (ours || event->mask & IN_Q_OVERFLOW) watch->changed();
    return 0;
}

int on_readable(sd_event_source*, int, std::uint32_t, void* userdata) {
    static_cast<const Watch*>(userdata)->changed();
    return 0;
}

std::unexpected<Error> failed(const char* what, int number) {
    return fail(Code::Bug, std::string(what) + ": " + std::strerror(-number));
}

// SIGTERM and SIGINT end the loop; sd-event wants them blocked first.
int end_on_signals(sd_event* event) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    if (sigprocmask(SIG_BLOCK, &set, nullptr) < 0) return -errno;
    if (const int r = sd_event_add_signal(event, nullptr, SIGTERM, nullptr, nullptr); r < 0) return r;
    return sd_event_add_signal(event, nullptr, SIGINT, nullptr, nullptr);
}

}  // namespace

struct Loop::Parts {
    std::vector<std::unique_ptr<Watch>> watches;  // outlive the event, which points to them
    Handle<sd_event, sd_event_unref> event;
};

Loop::Loop(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Loop::Loop(Loop&&) noexcept = default;
Loop& Loop::operator=(Loop&&) noexcept = default;
Loop::~Loop() = default;

Result<Loop> Loop::open() {
    auto parts = std::make_unique<Parts>();
    sd_event* event = nullptr;
    if (const int r = sd_event_new(&event); r < 0) return failed("sd_event_new", r);
    parts->event.reset(event);
    if (const int r = end_on_signals(event); r < 0) return failed("cannot wait for signals", r);
    if (const int r = sd_event_set_watchdog(event, true); r < 0) return failed("cannot feed the watchdog", r);
    return Loop(std::move(parts));
}

Result<> Loop::watch(const std::filesystem::path& file, std::function<void()> changed) {
    return watch_entries(file.parent_path(), file.filename().string(), IN_CLOSE_WRITE | IN_MOVED_TO,
                         std::move(changed));
}

Result<> Loop::watch_folder(const std::filesystem::path& folder, std::function<void()> changed) {
    return watch_entries(folder, "", IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE, std::move(changed));
}

Result<> Loop::watch_entries(const std::filesystem::path& folder, std::string name, std::uint32_t mask,
                             std::function<void()> changed) {
    auto watch = std::make_unique<Watch>(std::move(name), std::move(changed));
    const int r = sd_event_add_inotify(parts_->event.get(), nullptr, folder.c_str(), mask, on_inotify, watch.get());
    if (r < 0) return failed(("cannot watch " + folder.string()).c_str(), r);
    parts_->watches.push_back(std::move(watch));
    return {};
}

Result<> Loop::watch_descriptor(int descriptor, std::function<void()> readable) {
    auto watch = std::make_unique<Watch>("", std::move(readable));
    const int r = sd_event_add_io(parts_->event.get(), nullptr, descriptor, EPOLLIN, on_readable, watch.get());
    if (r < 0) return failed("cannot watch a descriptor", r);
    parts_->watches.push_back(std::move(watch));
    return {};
}

Result<> Loop::run() {
    sd_notify(0, "READY=1");
    const int r = sd_event_loop(parts_->event.get());
    sd_notify(0, "STOPPING=1");
    if (r < 0) return failed("the event loop", r);
    return {};
}

sd_event* Loop::event() const {
    return parts_->event.get();
}

}  // namespace holdfast::api
