// What the box remembers of its updates: /var/lib/holdfast/update/journal.json. Both slots share it, of different
// versions perhaps, so what is not known is passed over and nothing ever changes its meaning.
#pragma once

#include "base/result.hpp"
#include "update/state.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::update {

inline constexpr auto journal_folder = "var/lib/holdfast/update";

// A moment, told by clocks that do not agree.
struct Moment {
    std::int64_t wall = 0;    // seconds since the epoch, as far as this computer knows
    std::int64_t uptime = 0;  // seconds since the computer started
    std::string boot;         // kernel's random id of that start
    bool operator==(const Moment&) const = default;
};
Moment now(const std::filesystem::path& root);

struct Happening {
    Moment at;
    Event event = Event::Found;
    State to = State::Idle;
    std::string detail;  // for people
    bool operator==(const Happening&) const = default;
};

// One attempt to run one commit; `commit` and `slot` are its key, never a flag for the whole box.
struct Attempt {
    std::string ref, commit, version;
    std::uint64_t time = 0;     // of the commit
    std::string from;           // commit that ran when it began
    std::string source;         // URL or path; "slot a" or "slot b" of a way back
    char slot = 0;              // 'a' or 'b' once it is written
    unsigned generation = 0;    // of the slot's entry
    std::uint64_t fetched = 0;  // bytes that came for it
    State state = State::Idle;
    std::string cause;       // why it ended where it did
    bool whole = false;      // a difference did not unpack here: only full bundles will do
    bool downgrade = false;  // a person asked for it by name
    bool keep_data = false;  // going back, a person wants the runtime's data as it is
    bool restored = false;   // rolled back, and its data has been brought back as far as it could be
    std::vector<Happening> story;
    // Into what the other slot has already, by a person.
    bool goes_back() const { return source.starts_with("slot "); }
    bool operator==(const Attempt&) const = default;
};

struct Journal {
    std::vector<Attempt> attempts;     // oldest first; the last one is the one of now
    std::uint64_t floor = 0;           // time of the commit that was good last: older ones are refused
    std::int64_t budget_day = 0;       // days since the epoch
    std::uint64_t budget_used = 0;     // bytes fetched on that day
    std::vector<std::string> revoked;  // fingerprints of keys that a release which was good had revoked
    bool operator==(const Journal&) const = default;

    Attempt* current() { return attempts.empty() ? nullptr : &attempts.back(); }
    const Attempt* current() const { return attempts.empty() ? nullptr : &attempts.back(); }
    State state() const { return attempts.empty() ? State::Idle : attempts.back().state; }
    // The newest attempt at that commit, if it is held.
    const Attempt* held(std::string_view commit) const;
};

// Bug where the table has no such step: then nothing changed.
Result<> advance(Attempt& attempt, Event event, const Moment& at, const std::string& detail);

std::string write_journal(const Journal& journal);
// Corrupt where it is no journal.
Result<Journal> parse_journal(std::string_view text);

std::filesystem::path journal_file(const std::filesystem::path& root);
// An empty one where there is none.
Result<Journal> read_journal(const std::filesystem::path& root);
// The same, but one that is none (Corrupt) is put aside (journal.broken) and told in `notice`: a box without a memory
// still updates.
Result<Journal> load_journal(const std::filesystem::path& root, std::string& notice);
// Keeps the last 64 attempts; on a full disk in room that was set aside.
Result<> save_journal(const std::filesystem::path& root, const Journal& journal);

}  // namespace holdfast::update
