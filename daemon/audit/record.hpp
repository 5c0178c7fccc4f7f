// The two records of a deed: that it is begun, and how it ended. README.md has the format.
#pragma once

#include "audit/who.hpp"
#include "feed/record.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::audit {

inline constexpr auto type_begun = "audit.begun", type_ended = "audit.ended", type_taken = "audit.taken";
// Bytes of what people and programs say.
inline constexpr std::size_t verb_limit = 64, on_limit = 1024, why_limit = 500, what_limit = 4096;

// By the clock that nobody sets, and by the one that people read. A record's stamp is neither: it never goes back, so
// one day that the clock was ahead is in all stamps until that day has come.
struct Moment {
    std::string boot;          // the kernel's random id of that start; "" where it is not known
    std::uint64_t uptime = 0;  // milliseconds since that start, standing times counted
    std::int64_t clock = 0;    // what the clock said, milliseconds since the epoch; 0: older programs did not write it
    bool operator==(const Moment&) const = default;
};
Moment now(const std::filesystem::path& proc = "/proc");

// Where a record stood before the box was admitted, and its stamp then.
struct Earlier {
    std::uint64_t sequence = 0;
    feed::Stamp at;
    bool operator==(const Earlier&) const = default;
};

struct Begun {
    Who who;
    std::string verb;  // "catalog.apply"
    std::string on;    // what it is done to, for people
    std::string why;   // as a person has said it, or ""
    std::string program, version;
    Moment at;
    std::optional<Earlier> earlier;
    bool operator==(const Begun&) const = default;
};

enum class Outcome { Done, Failed, Refused };
std::string_view text(Outcome outcome);  // done, failed, refused

struct Ended {
    std::uint64_t deed = 0;  // the sequence of its begin
    Outcome outcome = Outcome::Done;
    std::string code, what;  // of the error, or ""; or what it has come to, for people
    Moment at;
    std::optional<Earlier> earlier;
    bool operator==(const Ended&) const = default;
};

// Letters, digits and hyphens in two words or more, with dots between.
bool is_verb(std::string_view word);

// Texts that are too long, or no text, are cut and mended: a record is never refused for its words.
std::string write(const Begun& begun);
std::string write(const Ended& ended);
// Corrupt for anything else.
Result<Begun> parse_begun(std::string_view payload);
Result<Ended> parse_ended(std::string_view payload);

// In the feed of before: up to which sequence the records have gone over to the feed of that node.
struct Taken {
    Digest origin{};
    std::uint64_t next = 0;
};
std::string write(const Taken& taken);
Result<Taken> parse_taken(std::string_view payload);

}  // namespace holdfast::audit
