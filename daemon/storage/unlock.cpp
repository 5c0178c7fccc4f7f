#include "storage/unlock.hpp"

#include "base/file.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "storage/pin.hpp"

#include <cstdio>

namespace holdfast::storage {

namespace {

constexpr unsigned tries = 3;
constexpr auto first_prompt = "PIN of this box's disk:";

// As long as systemd-cryptsetup itself waits for a TPM that comes late.
void wait_for_tpm(const Places& places) {
    constexpr std::string_view kind = "device:";
    if (places.tcti.starts_with(kind))
        static_cast<void>(run({"udevadm", "wait", "--timeout=100", places.tcti.substr(kind.size())}));
}

Result<tpm::About> about_tpm(const Places& places) {
    auto tpm = TRY(tpm::Tpm::open(places.tcti));
    return tpm.about();
}

std::unexpected<Error> refuse(const Places& places, const std::string& why) {
    // Where it cannot be written down, a less certain reason is told.
    static_cast<void>(refuse_pin(places, why));
    return fail(Code::Denied, why);
}

// One that can be one: a slip of the hand costs no try of the TPM.
Result<std::string> ask_pin(const Opening& how, std::string prompt) {
    for (;;) {
        auto pin = TRY(how.ask(prompt));
        const auto checked = check_pin(pin);
        if (checked) return pin;
        prompt = checked.error().what + ". " + first_prompt;
    }
}

std::string prompt_after(unsigned wrong) {
    if (wrong == 0) return first_prompt;
    return "Wrong PIN, " + std::to_string(tries - wrong) + (wrong + 1 == tries ? " try" : " tries") + " left. " +
           first_prompt;
}

Result<> unlock_by_pin(const Places& places, const Opening& how) {
    for (unsigned wrong = 0; wrong < tries; ++wrong) {
        const auto before = TRY(about_tpm(places));
        if (before.locked_out)
            return refuse(places,
                          "its TPM takes no PIN for a while, after too many wrong ones; it will again if it is "
                          "left on");
        const auto pin = TRY(ask_pin(how, prompt_after(wrong)));
        const auto opened = how.attach(pin);
        if (opened) return {};
        const auto after = TRY(about_tpm(places));
        // A PIN that counted as wrong was wrong; with all else another one would not help.
        if (after.failed_tries <= before.failed_tries && !after.locked_out) return opened;
    }
    return refuse(places, "three wrong PINs were typed");
}

Result<> attach_by_systemd(const Places& places, const std::string& pin) {
    RunOptions options{.time_limit = std::chrono::minutes(2), .show = true, .until = Until::Exit};
    if (!pin.empty()) options.environment.push_back("PIN=" + pin);
    TRY(run_or_fail({"systemd-cryptsetup", "attach", "holdfast-var", places.device.string(), "-",
                     "tpm2-device=" + places.tpm + ",headless=yes,discard,token-timeout=100s"},
                    options));
    return {};
}

// The mount of /var waits for its disk for some minutes only, and then the start would be given up. systemd takes the
// new limit for what waits already when it reads its units again.
Result<> let_the_start_wait(const Places& places) {
    const auto folder = places.root / "run/systemd/system/dev-disk-holdfast-var.device.d";
    TRY(make_directories(folder));
    TRY(write_whole(folder / "60-holdfast-pin.conf", "[Unit]\nJobRunningTimeoutSec=infinity\n"));
    TRY(run_or_fail({"systemctl", "daemon-reload"}));
    return {};
}

Result<std::string> ask_by_systemd(const Places& places, const std::string& prompt) {
    if (const auto waits = let_the_start_wait(places); !waits)
        std::fprintf(stderr, "the start waits for a PIN a few minutes only: %s, ignoring\n",
                     waits.error().what.c_str());
    const auto typed = TRY(run_or_fail(
        {"systemd-ask-password", "--no-tty", "--timeout=0", "--id=holdfast:var", "--icon=drive-harddisk", prompt}));
    return std::string(trim(typed));
}

}  // namespace

Opening by_systemd(const Places& places) {
    return {.ask = [places](const std::string& prompt) { return ask_by_systemd(places, prompt); },
            .attach = [places](const std::string& pin) { return attach_by_systemd(places, pin); }};
}

Result<> unlock(const Places& places, const Opening& how) {
    const auto header = read_header(places.device);
    // What is not there says why.
    if (!header && header.error().code == Code::NotFound) TRY(look(places));
    if (!header || !asks_for_pin(*header)) return how.attach("");
    wait_for_tpm(places);
    const Seen seen = TRY(look(places));
    if (const auto why = TRY(why_shut(seen)); !why.empty()) return fail(Code::Denied, why);
    return unlock_by_pin(places, how);
}

}  // namespace holdfast::storage
