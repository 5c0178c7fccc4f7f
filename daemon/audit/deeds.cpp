#include "audit/deeds.hpp"

#include <map>

namespace holdfast::audit {

namespace {

class Reader {
public:
    explicit Reader(const feed::Feed& feed) : feed_(feed) {}

    void take(const feed::Record& record) {
        if (record.type == type_begun) begin(record);
        if (record.type == type_ended) end(record);
    }
    Telling telling;

private:
    void wrong(const feed::Record& record, const std::string& what) {
        telling.wrong.push_back(named(feed_) + ", record " + std::to_string(record.sequence) + ": " + what);
    }
    void begin(const feed::Record& record) {
        auto begun = parse_begun(record.payload);
        if (!begun) return wrong(record, begun.error().what);
        const auto at = begun->earlier ? begun->earlier->at : record.at;
        places_[record.sequence] = telling.deeds.size();
        telling.deeds.push_back({feed_.origin, record.sequence, at, *std::move(begun), {}, {}});
    }
    void end(const feed::Record& record) {
        auto ended = parse_ended(record.payload);
        if (!ended) return wrong(record, ended.error().what);
        const auto place = places_.find(ended->deed);
        if (place == places_.end())
            return wrong(record, "an outcome of record " + std::to_string(ended->deed) + ", which is no deed");
        Told& told = telling.deeds[place->second];
        if (told.ended) return wrong(record, "a second outcome of record " + std::to_string(ended->deed));
        told.ended_at = ended->earlier ? ended->earlier->at : record.at;
        told.ended = *std::move(ended);
    }
    feed::Feed feed_;
    std::map<std::uint64_t, std::size_t> places_;
};

}  // namespace

Result<Telling> deeds_in(feed::Store& feeds, const feed::Feed& feed) {
    Reader reader(feed);
    const auto use = [&](const feed::Record& record) -> Result<> {
        reader.take(record);
        return {};
    };
    TRY(feeds.read(feed, 0, use));
    return std::move(reader.telling);
}

bool fits(const Told& told, const Filter& filter) {
    if (told.at.wall < filter.since) return false;
    if (!filter.who.empty() && !text(told.begun.who).contains(filter.who)) return false;
    return filter.verb.empty() || told.begun.verb == filter.verb || told.begun.verb.starts_with(filter.verb + ".");
}

std::string state(const Told& told, const std::string& boot) {
    if (told.ended) return std::string(text(told.ended->outcome));
    return !boot.empty() && boot != told.begun.at.boot ? "cut-off" : "open";
}

}  // namespace holdfast::audit
