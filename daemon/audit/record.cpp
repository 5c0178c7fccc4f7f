#include "audit/record.hpp"

#include "base/cbor.hpp"
#include "base/clock.hpp"
#include "base/file.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>

namespace holdfast::audit {

namespace {

constexpr std::size_t payload_limit = 16UL * 1024, word_limit = 64, boot_limit = 64;
constexpr std::array outcomes{std::pair{Outcome::Done, std::string_view("done")},
                              std::pair{Outcome::Failed, std::string_view("failed")},
                              std::pair{Outcome::Refused, std::string_view("refused")}};

// A record is for people's terminals, too: no control characters, those of two bytes (U+0080 to U+009F) included.
std::string tame(std::string_view words, std::size_t limit) {
    std::string text = valid_utf8(words);
    std::ranges::replace_if(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
    for (auto at = text.find('\xc2'); at != std::string::npos; at = text.find('\xc2', at + 1))
        if (static_cast<unsigned char>(text[at + 1]) < 0xa0U) text.replace(at, 2, "  ");
    if (text.size() <= limit) return text;
    constexpr std::string_view dots = "…";
    std::size_t end = limit - dots.size();
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;
    return text.substr(0, end).append(dots);
}

Json as_json(const Moment& at) {
    Json value{{"boot", at.boot}, {"uptime", at.uptime}};
    if (at.clock > 0) value["clock"] = at.clock;
    return value;
}

Result<Moment> moment_in(const Json& value) {
    const auto found = value.find("at");
    if (found == value.end()) return fail(Code::Corrupt, "at: is missing");
    TRY(json::only(*found, {"boot", "clock", "uptime"}));
    Moment at;
    at.boot = TRY(json::text(*found, "boot", boot_limit));
    at.uptime = TRY(cbor::count(*found, "uptime"));
    if (found->contains("clock")) at.clock = static_cast<std::int64_t>(TRY(cbor::count(*found, "clock")));
    return at;
}

void put_earlier(Json& into, const std::optional<Earlier>& earlier) {
    if (earlier)
        into["earlier"] = {{"sequence", earlier->sequence}, {"wall", earlier->at.wall}, {"count", earlier->at.count}};
}

Result<std::optional<Earlier>> earlier_in(const Json& value) {
    const auto found = value.find("earlier");
    if (found == value.end()) return std::optional<Earlier>();
    TRY(json::only(*found, {"sequence", "wall", "count"}));
    Earlier earlier;
    earlier.sequence = TRY(cbor::count(*found, "sequence"));
    const auto count = TRY(cbor::count(*found, "count"));
    const auto wall = found->find("wall");
    if (wall == found->end() || !wall->is_number_integer() || count > UINT32_MAX)
        return fail(Code::Corrupt, "earlier: is no stamp");
    earlier.at = {wall->get<std::int64_t>(), static_cast<std::uint32_t>(count)};
    return std::optional(earlier);
}

}  // namespace

std::string_view text(Outcome outcome) {
    return std::ranges::find(outcomes, outcome, &decltype(outcomes)::value_type::first)->second;
}

bool is_verb(std::string_view word) {
    const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
    const auto words = split(word, '.');
    return word.size() <= verb_limit && words.size() > 1 && std::ranges::all_of(words, [&](const std::string& each) {
               return !each.empty() && std::ranges::all_of(each, is_letter);
           });
}

Moment now(const std::filesystem::path& proc) {
    const auto boot = read_whole(proc / "sys/kernel/random/boot_id", boot_limit).value_or("");
    return {tame(trim(boot), boot_limit), static_cast<std::uint64_t>(milliseconds(CLOCK_BOOTTIME)),
            milliseconds(CLOCK_REALTIME)};
}

std::string write(const Begun& begun) {
    Json value{{"who", as_json(begun.who)},
               {"verb", begun.verb},
               {"on", tame(begun.on, on_limit)},
               {"why", tame(begun.why, why_limit)},
               {"program", tame(begun.program, word_limit)},
               {"version", tame(begun.version, word_limit)},
               {"at", as_json(begun.at)}};
    put_earlier(value, begun.earlier);
    return cbor::write(value);
}

Result<Begun> parse_begun(std::string_view payload) {
    const Json value = TRY(cbor::parse(payload, payload_limit));
    TRY(json::only(value, {"who", "verb", "on", "why", "program", "version", "at", "earlier"}));
    if (!value.contains("who")) return fail(Code::Corrupt, "who: is missing");
    Begun begun;
    begun.who = TRY(parse_who(value.at("who")));
    begun.verb = TRY(json::text(value, "verb", verb_limit));
    if (!is_verb(begun.verb)) return fail(Code::Corrupt, "verb: is none");
    begun.on = TRY(json::text(value, "on", on_limit));
    begun.why = TRY(json::text(value, "why", why_limit));
    begun.program = TRY(json::text(value, "program", word_limit));
    begun.version = TRY(json::text(value, "version", word_limit));
    begun.at = TRY(moment_in(value));
    begun.earlier = TRY(earlier_in(value));
    return begun;
}

std::string write(const Ended& ended) {
    Json value{{"deed", ended.deed},
               {"outcome", text(ended.outcome)},
               {"code", ended.code},
               {"what", tame(ended.what, what_limit)},
               {"at", as_json(ended.at)}};
    put_earlier(value, ended.earlier);
    return cbor::write(value);
}

Result<Ended> parse_ended(std::string_view payload) {
    const Json value = TRY(cbor::parse(payload, payload_limit));
    TRY(json::only(value, {"deed", "outcome", "code", "what", "at", "earlier"}));
    Ended ended;
    ended.deed = TRY(cbor::count(value, "deed"));
    const auto word = TRY(json::text(value, "outcome", word_limit));
    const auto* found = std::ranges::find(outcomes, word, &decltype(outcomes)::value_type::second);
    if (found == outcomes.end()) return fail(Code::Corrupt, "outcome: is none of done, failed, refused");
    ended.outcome = found->first;
    ended.code = TRY(json::text(value, "code", word_limit));
    ended.what = TRY(json::text(value, "what", what_limit));
    ended.at = TRY(moment_in(value));
    ended.earlier = TRY(earlier_in(value));
    return ended;
}

std::string write(const Taken& taken) {
    const std::string_view origin(reinterpret_cast<const char*>(taken.origin.data()), taken.origin.size());
    return cbor::write({{"origin", cbor::binary(origin)}, {"next", taken.next}});
}

Result<Taken> parse_taken(std::string_view payload) {
    const Json value = TRY(cbor::parse(payload, payload_limit));
    TRY(json::only(value, {"origin", "next"}));
    Taken taken;
    const auto origin = TRY(cbor::bytes(value, "origin", taken.origin.size()));
    if (origin.size() != taken.origin.size()) return fail(Code::Corrupt, "origin: is none");
    std::ranges::copy(origin, taken.origin.begin());
    taken.next = TRY(cbor::count(value, "next"));
    return taken;
}

}  // namespace holdfast::audit
