#include "audit/entry.hpp"

#include "base/crash_point.hpp"
#include "base/said.hpp"

namespace holdfast::audit {

namespace {

std::string next_after(Code code) {
    switch (code) {
        case Code::NoSpace: return "make room on /var (df -h /var; journalctl --vacuum-size=50M), then the same again";
        case Code::Busy: return "another program holds the feeds; then the same again";
        case Code::Corrupt:
            return "keep var/lib/holdfast/feeds.db as it is for whoever looks into it; look with: holdfast audit "
                   "verify";
        default: return "look with: holdfast audit verify";
    }
}

}  // namespace

Result<> check_reason(const Settings& settings, const std::string& verb, const std::string& why, const Who& who) {
    if (why.empty()) {
        if (who.unit || !settings.wants_reason(verb)) return {};
        return fail(Code::Denied, verb + " wants a reason here (audit.yaml); give it with --why WORDS");
    }
    if (const auto wrong = wrong_words(why); !wrong.empty()) return fail(Code::Corrupt, "--why: " + wrong);
    return {};
}

Result<> Entry::begin() {
    if (begun_) return {};
    TRY(write_begin());
    begun_ = true;
    crash_point("audit.begun");
    return {};
}

Result<> Entry::write_begin() {
    const Begun begun{
        deed_.who ? *deed_.who : self(), deed_.verb, deed_.on, deed_.why, place_.program, HOLDFAST_VERSION, now(), {}};
    const auto settings = load_settings(place_.settings.value_or(place_.root));
    if (!settings && !deed_.vital)
        return fail(settings.error().code, settings.error().what + "; until that is mended, nothing is done here");
    auto log = Log::open(place_.root, place_.origin);
    const auto reason = check_reason(settings.value_or(Settings{}), deed_.verb, deed_.why, begun.who);
    if (!reason && !deed_.vital) {
        const auto kept = log ? log->refuse(begun, reason.error().what) : std::unexpected(log.error());
        if (!kept && place_.warn) place_.warn("this refusal is not on record: " + kept.error().what);
        return fail(reason.error().code, reason.error().what + "; nothing was done");
    }
    const auto written = log ? log->begin(begun) : std::unexpected(log.error());
    if (written) {
        log_.emplace(*std::move(log));
        sequence_ = *written;
        return {};
    }
    if (deed_.vital || !settings->required) {
        if (place_.warn) place_.warn(deed_.verb + " is not on record: " + written.error().what);
        return {};
    }
    return unwritten(written.error());
}

Result<> Entry::unwritten(const Error& error) const {
    return fail(error.code, deed_.verb + " was not done: it has to be on record here (audit.yaml) and cannot be: " +
                                error.what + ". Next: " + next_after(error.code));
}

void Entry::end(Outcome outcome, const std::string& code, const std::string& what) {
    if (!log_) return;
    crash_point("audit.acted");
    const auto written = log_->end({sequence_, outcome, code, what, now(), {}});
    log_.reset();
    if (!written && place_.warn)
        place_.warn("the outcome of " + deed_.verb + " (" + std::string(text(outcome)) +
                    ") is not on record: " + written.error().what);
    crash_point("audit.ended");
}

}  // namespace holdfast::audit
