#include "audit/log.hpp"

#include "base/clock.hpp"
#include "base/crash_point.hpp"
#include "base/file.hpp"

#include <algorithm>
#include <map>

namespace holdfast::audit {

namespace {

namespace fs = std::filesystem;

constexpr auto folder = "var/lib/holdfast";

// Where records of before stand in a box's own feed, by their sequence then.
using Places = std::map<std::uint64_t, std::uint64_t>;

std::optional<Earlier> earlier_of(const feed::Record& record) {
    if (record.type == type_begun) {
        const auto begun = parse_begun(record.payload);
        return begun ? begun->earlier : std::nullopt;
    }
    if (record.type != type_ended) return std::nullopt;
    const auto ended = parse_ended(record.payload);
    return ended ? ended->earlier : std::nullopt;
}

Result<Places> taken_before(feed::Store& feeds, const feed::Feed& feed) {
    Places places;
    const auto use = [&](const feed::Record& record) -> Result<> {
        if (const auto earlier = earlier_of(record)) places.emplace(earlier->sequence, record.sequence);
        return {};
    };
    TRY(feeds.read(feed, 0, use));
    return places;
}

// The same record, marked; an end names its deed where that stands now. Nothing for what is neither.
std::optional<feed::Draft> carried_over(const feed::Record& record, const Places& places) {
    const Earlier earlier{record.sequence, record.at};
    if (record.type == type_begun) {
        auto begun = parse_begun(record.payload);
        if (!begun) return std::nullopt;
        begun->earlier = earlier;
        return feed::Draft{record.type, write(*begun)};
    }
    auto ended = record.type == type_ended ? parse_ended(record.payload) : Result<Ended>(fail(Code::Corrupt, ""));
    const auto deed = ended ? places.find(ended->deed) : places.end();
    if (deed == places.end()) return std::nullopt;
    ended->deed = deed->second;
    ended->earlier = earlier;
    return feed::Draft{record.type, write(*ended)};
}

}  // namespace

Result<Log> Log::open(const fs::path& root, const std::optional<Digest>& origin) {
    TRY(make_directories(root / folder));
    Log log(TRY(feed::Store::open(root / folder / "feeds.db")),
            origin ? feed::Feed{*origin, feed::Class::Audit} : before_admission);
    if (origin) TRY(log.take_over());
    return log;
}

Result<std::uint64_t> Log::append(const std::vector<feed::Draft>& drafts) {
    const auto end = TRY(feeds_.append(feed_, drafts, milliseconds(CLOCK_REALTIME)));
    return end.next - drafts.size();
}

Result<std::uint64_t> Log::begin(const Begun& begun) {
    return append({{type_begun, write(begun)}});
}

Result<> Log::end(const Ended& ended) {
    TRY(append({{type_ended, write(ended)}}));
    return {};
}

// The end names the sequence that its deed gets, so nobody may come between.
Result<> Log::refuse(const Begun& begun, const std::string& why) {
    while (true) {
        const auto here = TRY(feeds_.end(feed_));
        const std::uint64_t next = here ? here->next : 0;
        const std::vector<feed::Draft> both{
            {type_begun, write(begun)},
            {type_ended, write(Ended{next, Outcome::Refused, "denied", why, begun.at, {}})}};
        const auto done = feeds_.append(feed_, both, milliseconds(CLOCK_REALTIME), next);
        if (done) return {};
        if (done.error().code != Code::Busy) return std::unexpected(done.error());
        const auto now = TRY(feeds_.end(feed_));
        if ((now ? now->next : 0) == next) return std::unexpected(done.error());
    }
}

// What stands in the feed of before and was not marked as taken.
Result<std::vector<feed::Record>> Log::left_behind() {
    std::vector<feed::Record> all;
    std::uint64_t from = 0;
    const auto use = [&](const feed::Record& record) -> Result<> {
        if (record.type != type_taken)
            all.push_back(record);
        else if (const auto taken = parse_taken(record.payload))
            from = std::max(from, taken->next);
        return {};
    };
    TRY(feeds_.read(before_admission, 0, use));
    std::erase_if(all, [&](const feed::Record& record) { return record.sequence < from; });
    return all;
}

// They go over all at once or not at all, and are marked as taken after that: a kill between leaves what is found in
// the box's own feed by what they were.
Result<> Log::take_over() {
    const auto left = TRY(left_behind());
    if (left.empty()) return {};
    while (true) {
        const auto here = TRY(feeds_.end(feed_));
        const std::uint64_t next = here ? here->next : 0;
        auto places = TRY(taken_before(feeds_, feed_));
        std::vector<feed::Draft> drafts;
        for (const auto& record : left) {
            if (places.contains(record.sequence)) continue;
            auto draft = carried_over(record, places);
            if (!draft) continue;
            places.emplace(record.sequence, next + drafts.size());
            drafts.push_back(*std::move(draft));
        }
        crash_point("audit.taking");
        if (drafts.empty()) break;
        const auto done = feeds_.append(feed_, drafts, milliseconds(CLOCK_REALTIME), next);
        if (done) break;
        // Another program was in between, perhaps with the same.
        const auto now = TRY(feeds_.end(feed_));
        if (done.error().code != Code::Busy || (now ? now->next : 0) == next) return std::unexpected(done.error());
    }
    crash_point("audit.taken");
    const feed::Draft mark{type_taken, write(Taken{feed_.origin, left.back().sequence + 1})};
    TRY(feeds_.append(before_admission, {&mark, 1}, milliseconds(CLOCK_REALTIME)));
    crash_point("audit.marked");
    return {};
}

}  // namespace holdfast::audit
