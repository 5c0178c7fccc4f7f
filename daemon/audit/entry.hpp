// One deed on record: written down before it is done, and its outcome after that.
#pragma once

#include "audit/log.hpp"
#include "audit/settings.hpp"
#include "base/code.hpp"

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>

namespace holdfast::audit {

// Where a program puts its deeds on record.
struct Place {
    std::filesystem::path root = "/";
    std::optional<Digest> origin;                   // the box's number; nothing where it was not admitted
    std::string program;                            // "holdfast-catalog"
    std::function<void(const std::string&)> warn;   // one sentence, where something goes on all the same
    std::optional<std::filesystem::path> settings;  // the root of audit.yaml where it is another one
};

struct Deed {
    std::string verb, on, why;  // as in Begun
    std::optional<Who> who;     // nothing: this process
    // Goes on unrecorded whatever the site wants: what keeps a box alive waits for no record of it.
    bool vital = false;
};

// Denied where that site wants a reason of a person for this, and there is none; Corrupt where it is no line of text.
Result<> check_reason(const Settings& settings, const std::string& verb, const std::string& why, const Who& who);

class Entry {
public:
    Entry(Place place, Deed deed) : place_(std::move(place)), deed_(std::move(deed)) {}

    // Durable when it returns; the second time nothing. Denied, and on record, where the site wants a reason and a
    // person gave none. Where it cannot be written: an Error with what to do, or only a warning where the site does not
    // demand it.
    Result<> begin();
    // Nothing where it was not begun, or where that could not be written. A warning where this cannot be: the deed is
    // done by now.
    void end(Outcome outcome, const std::string& code = {}, const std::string& what = {});
    // By what came of it; a number is the exit code of a program.
    template <class T>
    void end(const Result<T>& came) {
        if constexpr (std::is_same_v<T, int>)
            if (came && *came != 0) return end(Outcome::Failed, {}, "exit code " + std::to_string(*came));
        if (came) return end(Outcome::Done);
        const auto& error = came.error();
        end(error.code == Code::Denied ? Outcome::Refused : Outcome::Failed, std::string(name_of(error.code).text),
            error.what);
    }

private:
    Result<> write_begin();
    Result<> unwritten(const Error& error) const;
    Place place_;
    Deed deed_;
    std::optional<Log> log_;
    std::uint64_t sequence_ = 0;
    bool begun_ = false;
};

// Does `work`, which gives a Result, with its deed on record.
template <class Work>
std::invoke_result_t<Work> on_record(Place place, Deed deed, Work&& work) {
    Entry entry(std::move(place), std::move(deed));
    if (auto begun = entry.begin(); !begun) return std::unexpected(std::move(begun).error());
    auto came = work();
    entry.end(came);
    return came;
}

}  // namespace holdfast::audit
