#include "feed/loss.hpp"

#include "base/digest_cbor.hpp"

namespace holdfast::feed {

std::string write_lost(std::span<const Lost> lost, std::string_view how, std::uint64_t bytes) {
    const Feed& feed = lost.front().feed;
    Json runs = Json::array();
    for (const auto& each : lost) {
        runs.push_back(each.first);
        runs.push_back(each.next);
    }
    return cbor::write({{"bytes", bytes},
                        {"class", text(feed.kind)},
                        {"how", how},
                        {"origin", cbor::binary(feed.origin)},
                        {"runs", runs}});
}

Result<std::vector<Lost>> parse_lost(std::string_view payload) {
    const Json told = TRY(cbor::parse(payload, payload_limit));
    TRY(json::only(told, {"bytes", "class", "how", "origin", "runs"}));
    const auto kind = TRY(json::text(told, "class", type_limit));
    const Feed feed{TRY(cbor::digest(told.value("origin", Json()))), TRY(parse_class(kind))};
    const Json runs = told.value("runs", Json());
    if (!runs.is_array() || runs.size() % 2 != 0) return fail(Code::Corrupt, "what was lost is not told");
    std::vector<Lost> all;
    for (std::size_t i = 0; i < runs.size(); i += 2) {
        if (!runs[i].is_number_unsigned() || !runs[i + 1].is_number_unsigned() || runs[i] >= runs[i + 1] ||
            runs[i + 1] > sequence_limit)
            return fail(Code::Corrupt, "what was lost is no run of records");
        all.push_back({feed, runs[i], runs[i + 1]});
    }
    return all;
}

}  // namespace holdfast::feed
