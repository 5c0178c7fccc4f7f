#include "vm/machine.hpp"

#include "base/file.hpp"
#include "base/scratch.hpp"
#include "base/text.hpp"
#include "vm/stages.hpp"
#include "vm/swtpm.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fcntl.h>
#include <format>
#include <poll.h>

namespace holdfast::vm {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t last_words = 40;
constexpr auto start_limit = std::chrono::seconds(30);

Result<> prepare(const Hardware& hardware) {
    TRY(make_directories(hardware.folder));
    for (const auto& disk : hardware.disks)
        if (!fs::exists(disk.file)) return fail(Code::NotFound, "there is no disk " + disk.file.string());
    if (!fs::exists(firmware_code(hardware)))
        return fail(Code::NotFound, "there is no " + firmware_code(hardware).string() + "; install the package ovmf");
    if (fs::exists(firmware_variables(hardware))) return {};
    const std::string blank = TRY(read_whole("/usr/share/OVMF/OVMF_VARS_4M.fd"));
    return write_whole(firmware_variables(hardware), blank);
}

Result<Fd> open_log(const fs::path& file) {
    Fd fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
    if (!fd) return std::unexpected(system_error(errno, file, "cannot open"));
    return fd;
}

// The first of `texts` that the line holds, by its number; their count where there is none.
std::size_t which_in(const std::string& line, const std::vector<std::string>& texts) {
    return static_cast<std::size_t>(std::ranges::find_if(texts, [&](const auto& text) { return line.contains(text); }) -
                                    texts.begin());
}

std::string quoted(const std::vector<std::string>& texts) {
    std::string words;
    for (const auto& text : texts) words += (words.empty() ? "'" : " or '") + text + "'";
    return words;
}

}  // namespace

Accelerator Machine::accelerator() {
    // A host may offer /dev/kvm and still not run a guest with it, so it is tried, once, and only where asked for.
    static const bool kvm = [] {
        const char* wanted = std::getenv("HOLDFAST_KVM");
        return wanted && std::string_view(wanted) == "1" && fs::exists("/dev/kvm") && kvm_works();
    }();
    return kvm ? Accelerator::Kvm : Accelerator::Tcg;
}

bool Machine::kvm_works() {
    const auto scratch = Scratch::make("kvm");
    if (!scratch) return false;
    auto machine = boot({.folder = scratch->path(), .tpm = false, .memory_mib = 256, .cpus = 1}, Accelerator::Kvm);
    if (!machine) return false;
    const auto deadline = Deadline::in(std::chrono::seconds(10));
    while ((*machine)->console().end() == 0 && (*machine)->console().open_line().empty())
        if (deadline.passed() || !(*machine)->step(deadline)) return false;
    return true;
}

Result<std::unique_ptr<Machine>> Machine::power_on(const Hardware& hardware) {
    return boot(hardware, accelerator());
}

Result<std::unique_ptr<Machine>> Machine::boot(const Hardware& hardware, Accelerator accelerator) {
    TRY(prepare(hardware));
    std::optional<Swtpm> tpm;
    if (hardware.tpm) tpm = TRY(Swtpm::start(tpm_state(hardware), hardware.folder / "swtpm.log"));
    auto console = TRY(Channel::make());
    auto monitor = TRY(Channel::make());
    auto agent = TRY(Channel::make());
    const Wires wires{console.theirs.number(), monitor.theirs.number(), agent.theirs.number(),
                      tpm ? tpm->wire.number() : -1};
    std::vector<int> keep{wires.console, wires.monitor, wires.agent};
    if (tpm) keep.push_back(wires.tpm);

    std::unique_ptr<Machine> machine(new Machine(hardware, tpm ? std::optional(std::move(tpm->child)) : std::nullopt));
    machine->console_ = std::move(console.ours);
    machine->monitor_.channel = std::move(monitor.ours);
    machine->agent_port_.channel = std::move(agent.ours);
    machine->log_ = TRY(open_log(hardware.folder / "console.log"));
    machine->qemu_ =
        TRY(Child::spawn(qemu_arguments(hardware, wires, accelerator), keep, hardware.folder / "qemu.log"));
    // Once we hold no copy of QEMU's ends, its end is told by end-of-file.
    console.theirs.close();
    monitor.theirs.close();
    agent.theirs.close();
    TRY(machine->greet());
    return machine;
}

Result<> Machine::greet() {
    const auto deadline = Deadline::in(start_limit);
    while (!greeted_) {
        if (!running_ || deadline.passed()) return gone("QEMU's greeting");
        TRY(step(deadline));
    }
    TRY(command("qmp_capabilities", Json::object(), deadline));
    powered_on_ = Clock::now();
    TRY(command("cont", Json::object(), deadline));
    return {};
}

double Machine::seconds() const {
    return std::chrono::duration<double>(Clock::now() - powered_on_).count();
}

Result<> Machine::step(Deadline deadline, int also) {
    if (!running_) return {};
    std::array<pollfd, 6> polled{{{console_.descriptor(), console_.events(), 0},
                                  {monitor_.channel.descriptor(), monitor_.channel.events(), 0},
                                  {agent_port_.channel.descriptor(), agent_port_.channel.events(), 0},
                                  {qemu_->descriptor(), POLLIN, 0},
                                  {interrupt, POLLIN, 0},
                                  {also, POLLIN, 0}}};
    if (::poll(polled.data(), polled.size(), deadline.milliseconds_left()) <= 0) return {};
    if (polled[0].revents) take_console();
    if (polled[1].revents) TRY(take_monitor());
    if (polled[2].revents) TRY(agent_port_.move());
    if (polled[4].revents) return fail(Code::Busy, "interrupted");
    if (!polled[3].revents) return {};
    // What it wrote before it ended is still in the sockets.
    while (!console_.closed()) take_console();
    TRY(take_monitor());
    qemu_->wait(std::chrono::milliseconds(0));
    running_ = false;
    return {};
}

void Machine::take_console() {
    console_.flush();
    const std::string bytes = console_.receive();
    if (bytes.empty()) return;
    log(bytes);
    transcript_.feed(bytes, seconds());
    if (on_console) on_console(bytes);
}

void Machine::log(std::string_view bytes) {
    // The log is for people; a full disk must not end the machine, whose errors carry their own last words.
    while (!bytes.empty()) {
        const ssize_t n = ::write(log_.number(), bytes.data(), bytes.size());
        if (n <= 0) return;
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
}

Result<> Machine::take_monitor() {
    TRY(in("QEMU's monitor", monitor_.move()));
    while (const auto frame = monitor_.frames.next()) {
        auto message = TRY(parse_qmp(*frame));
        take_message(std::move(message));
    }
    return {};
}

void Machine::take_message(QmpMessage message) {
    using Kind = QmpMessage::Kind;
    switch (message.kind) {
        case Kind::Greeting: greeted_ = true; return;
        case Kind::Answer: answer_ = std::move(message.body); return;
        case Kind::Refusal: answer_ = fail(Code::Bug, "QEMU refused: " + message.name); return;
        case Kind::Event: break;
    }
    if (message.name == "VSERPORT_CHANGE" && message.body.contains("open")) agent_open_ = message.body["open"] == true;
    events_.push_back({.name = std::move(message.name), .data = std::move(message.body), .seconds = seconds()});
}

Result<Json> Machine::command(const char* name, const Json& arguments, Deadline deadline) {
    Json message{{"execute", name}};
    if (!arguments.empty()) message["arguments"] = arguments;
    answer_.reset();
    monitor_.channel.send(json::write(message) + "\n");
    while (!answer_) {
        if (!running_ || deadline.passed())
            return std::unexpected(with_console(missing(std::string("QEMU's answer to ") + name)));
        TRY(step(deadline));
    }
    return in(name, *std::exchange(answer_, std::nullopt));
}

std::optional<Machine::Found> Machine::find_whole_line(const std::vector<std::string>& texts) {
    for (next_line_ = std::max(next_line_, transcript_.first()); next_line_ < transcript_.end(); ++next_line_)
        if (const auto which = which_in(transcript_.at(next_line_).text, texts); which < texts.size())
            return Found{which, transcript_.at(next_line_++)};
    return std::nullopt;
}

std::optional<Machine::Found> Machine::find_line(const std::vector<std::string>& texts) {
    if (auto found = find_whole_line(texts)) return found;
    // The open line is number end(); once it was found, what else comes in it is not looked at.
    if (next_line_ > transcript_.end()) return std::nullopt;
    const auto which = which_in(transcript_.open_line(), texts);
    if (which == texts.size()) return std::nullopt;
    next_line_ = transcript_.end() + 1;
    return Found{which, {transcript_.open_line(), seconds()}};
}

Result<Machine::Found> Machine::wait(Find find, const std::vector<std::string>& texts, Deadline deadline) {
    while (true) {
        if (const auto found = (this->*find)(texts)) return *found;
        if (!running_ || deadline.passed()) return gone(quoted(texts));
        TRY(step(deadline));
    }
}

Result<Machine::Found> Machine::wait_for_any(const std::vector<std::string>& texts, Deadline deadline) {
    return wait(&Machine::find_line, texts, deadline);
}

Result<Machine::Found> Machine::wait_for_line(const std::vector<std::string>& texts, Deadline deadline) {
    return wait(&Machine::find_whole_line, texts, deadline);
}

Result<Transcript::Line> Machine::wait_for(const std::string& text, Deadline deadline) {
    return wait_for_any({text}, deadline).transform([](const Found& found) { return found.line; });
}

Result<Machine::Judged> Machine::wait_for_verdict(Deadline deadline) {
    while (true) {
        // Whole lines only: an open one may still grow.
        for (next_line_ = std::max(next_line_, transcript_.first()); next_line_ < transcript_.end(); ++next_line_) {
            if (!is_verdict(transcript_.at(next_line_).text)) continue;
            const auto& line = transcript_.at(next_line_++);
            const auto verdict = TRY(in(line.text, parse_verdict(line.text)));
            return Judged{verdict, line.seconds};
        }
        if (!running_ || deadline.passed()) return gone("verdict");
        TRY(step(deadline));
    }
}

Result<Event> Machine::wait_for_event(const std::string& name, Deadline deadline) {
    while (true) {
        const auto found =
            std::ranges::find_if(events_, [&](const Event& each) { return each.name == name && !each.taken; });
        if (found != events_.end()) {
            found->taken = true;
            return *found;
        }
        if (!running_ || deadline.passed()) return gone("QEMU's event " + name);
        TRY(step(deadline));
    }
}

Result<> Machine::wait_for_end(Deadline deadline) {
    while (running_) {
        if (deadline.passed()) return gone("its end");
        TRY(step(deadline));
    }
    return {};
}

Result<Agent> Machine::agent(Deadline deadline) {
    while (!agent_open_) {
        if (!running_ || deadline.passed()) return gone("the guest agent (is it in this image? profile dev has it)");
        TRY(step(deadline));
    }
    auto agent = Agent::connect(agent_port_, [this](Deadline until) { return step(until); }, deadline);
    if (!agent) return std::unexpected(with_console(agent.error()));
    return agent;
}

Result<> Machine::plug(std::size_t number, Deadline deadline) {
    const Json stick{{"driver", "usb-storage"},
                     {"bus", "usb.0"},
                     {"removable", true},
                     {"drive", drive_name(number)},
                     {"id", device_name(number)}};
    TRY(command("device_add", stick, deadline));
    return {};
}

Result<> Machine::unplug(std::size_t number, Deadline deadline) {
    TRY(command("device_del", {{"id", device_name(number)}}, deadline));
    while (TRY(wait_for_event("DEVICE_DELETED", deadline)).data.value("device", "") != device_name(number)) {
    }
    return {};
}

Result<> Machine::power_off(Deadline deadline) {
    if (!running_) return {};
    TRY(command("system_powerdown", Json::object(), deadline));
    return wait_for_end(deadline);
}

void Machine::cut_power() {
    const auto deadline = Deadline::in(std::chrono::seconds(10));
    if (running_) static_cast<void>(command("quit", Json::object(), deadline));
    if (!wait_for_end(deadline)) qemu_->end();
    running_ = false;
}

Error Machine::missing(const std::string& waiting_for) const {
    if (running_) {
        // `./dev test` looks for these words.
        const bool stalled = latest_stage(transcript_) == Stage::Kernel;
        return {Code::Offline, std::format("no {} after {:.1f} s{}", waiting_for, seconds(),
                                           stalled ? "; the kernel has not come to its first process" : "")};
    }
    Error error{Code::Offline,
                std::format("the machine ended after {:.1f} s while it was waited for {}", seconds(), waiting_for)};
    const auto said = read_whole(hardware_.folder / "qemu.log");
    if (said && !said->empty())
        error.what += "; QEMU said:\n" + said->substr(said->size() - std::min<std::size_t>(said->size(), 4000));
    return error;
}

std::string Machine::processors() {
    const auto told = command("human-monitor-command", {{"command-line", "info registers -a"}},
                              Deadline::in(std::chrono::seconds(5)));
    if (!told || !told->is_string()) return "; QEMU does not answer its monitor";
    std::string words;
    for (const auto& line : split(told->get<std::string>(), '\n'))
        if (line.contains("IP=")) words += "; a processor at " + std::string(trim(line));
    return words;
}

std::unexpected<Error> Machine::gone(const std::string& waiting_for) {
    Error error = missing(waiting_for);
    // Tells a guest that hangs (two looks, one place) from one that is slow.
    if (running_ && hardware_.tell_processors) error.what += processors() + processors();
    return std::unexpected(with_console(std::move(error)));
}

Error Machine::with_console(Error error) const {
    const std::string words = transcript_.last(last_words);
    error.what += words.empty() ? "; the console showed nothing" : "; the console's last lines:\n" + words;
    return error;
}

}  // namespace holdfast::vm
