// A virtual machine that runs: QEMU and, where wanted, a software TPM, both children of ours. Driven by what they
// tell, never by a clock; every wait has a deadline and ends with the console's last words.
#pragma once

#include "vm/agent.hpp"
#include "vm/hardware.hpp"
#include "vm/qmp.hpp"
#include "vm/transcript.hpp"
#include "vm/verdict.hpp"

#include <functional>
#include <memory>

namespace holdfast::vm {

class Machine {
public:
    // Makes the folder's variables and TPM state where there are none, and powers on.
    // NotFound where the firmware or a disk is missing; Offline where QEMU does not come up (its words are in the
    // error).
    static Result<std::unique_ptr<Machine>> power_on(const Hardware& hardware);
    Machine(const Machine&) = delete;
    Machine& operator=(const Machine&) = delete;
    ~Machine() = default;  // the children end with it: power is cut

    // Since power-on.
    double seconds() const;
    const Transcript& console() const { return transcript_; }
    const std::vector<Event>& events() const { return events_; }
    bool running() const { return running_; }

    // Waits for the next console line that holds one of `texts` (a prompt without an end counts, too), and goes on
    // behind it: the next wait does not see it again. Which of them, and the line.
    struct Found {
        std::size_t which;
        Transcript::Line line;
    };
    Result<Found> wait_for_any(const std::vector<std::string>& texts, Deadline deadline);
    Result<Transcript::Line> wait_for(const std::string& text, Deadline deadline);
    // The same for lines that must be there to their end.
    Result<Found> wait_for_line(const std::vector<std::string>& texts, Deadline deadline);
    // The next verdict, in the same order as the lines.
    struct Judged {
        Verdict verdict;
        double seconds;
    };
    Result<Judged> wait_for_verdict(Deadline deadline);
    // The next event of that name which no wait has taken yet.
    Result<Event> wait_for_event(const std::string& name, Deadline deadline);
    // Until QEMU has ended by itself.
    Result<> wait_for_end(Deadline deadline);

    // Once the guest agent is up. A reboot of the guest makes this agent worth nothing; ask again.
    Result<Agent> agent(Deadline deadline);

    // Types on the console.
    void type(std::string_view bytes) { console_.send(bytes); }
    // Puts disk `number` of the hardware, a USB stick that lay ready, into the machine; or pulls one out, for good.
    Result<> plug(std::size_t number, Deadline deadline);
    Result<> unplug(std::size_t number, Deadline deadline);
    // Presses the power button, and waits until the guest has gone down in order.
    Result<> power_off(Deadline deadline);
    // Pulls the plug. The images are closed, so that they can be used again.
    void cut_power();

    Result<Json> command(const char* name, const Json& arguments, Deadline deadline);

    // Lets everything move once; also returns when `also` (a descriptor of the caller) is readable.
    Result<> step(Deadline deadline, int also = -1);
    // Gets the raw bytes of the console as they come, after the transcript has them.
    std::function<void(std::string_view)> on_console;
    // A descriptor of the caller, such as a signalfd(2): once it is readable every wait ends with Busy.
    int interrupt = -1;

private:
    Machine(Hardware hardware, std::optional<Child> tpm) : hardware_(std::move(hardware)), tpm_(std::move(tpm)) {}
    static Result<std::unique_ptr<Machine>> boot(const Hardware& hardware, Accelerator accelerator);
    static Accelerator accelerator();
    static bool kvm_works();
    Result<> greet();
    void take_console();
    Result<> take_monitor();
    void take_message(QmpMessage message);
    void log(std::string_view bytes);
    std::optional<Found> find_whole_line(const std::vector<std::string>& texts);
    std::optional<Found> find_line(const std::vector<std::string>& texts);
    using Find = std::optional<Found> (Machine::*)(const std::vector<std::string>& texts);
    Result<Found> wait(Find find, const std::vector<std::string>& texts, Deadline deadline);
    // What was waited for and did not come; where each processor is; the console's last words.
    Error missing(const std::string& waiting_for) const;
    std::string processors();
    std::unexpected<Error> gone(const std::string& waiting_for);
    Error with_console(Error error) const;

    Hardware hardware_;
    std::optional<Child> tpm_;  // before QEMU, so that it ends after it
    std::optional<Child> qemu_;
    Channel console_;
    Port monitor_, agent_port_;
    Fd log_;
    Transcript transcript_;
    std::size_t next_line_ = 0;
    std::vector<Event> events_;
    bool greeted_ = false, running_ = true, agent_open_ = false;
    std::optional<Result<Json>> answer_;
    Clock::time_point powered_on_ = Clock::now();
};

}  // namespace holdfast::vm
