#include "feed/segment.hpp"

#include "base/digest_cbor.hpp"
#include "base/openssl.hpp"
#include "feed/packing.hpp"

namespace holdfast::feed {

namespace {

constexpr auto magic = "holdfast-segment";
constexpr std::uint64_t format = 1;
constexpr std::size_t signature_limit = 256, head_limit = 512;

std::string write_head(const Head& head) {
    return cbor::write(Json::array({magic, format, cbor::binary(head.feed.origin), text(head.feed.kind), head.first,
                                    head.count, cbor::binary(head.before), cbor::binary(head.last)}));
}

Result<std::uint64_t> number_in(const Json& value, std::uint64_t limit) {
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() > limit)
        return fail(Code::Corrupt, "a number of a segment's head is none, or too large");
    return value.get<std::uint64_t>();
}

Result<Head> parse_head(std::string_view bytes) {
    const Json all = TRY(cbor::parse(bytes, head_limit));
    if (!all.is_array() || all.size() != 8 || all[0] != magic) return fail(Code::Corrupt, "no segment of a feed");
    if (all[1] != format)
        return fail(Code::Corrupt, "a segment of format " + all[1].dump() + "; this program knows format 1");
    if (!all[3].is_string()) return fail(Code::Corrupt, "the class of a segment is no text");
    Head head;
    head.feed = {TRY(cbor::digest(all[2])), TRY(parse_class(all[3].get<std::string>()))};
    head.first = TRY(number_in(all[4], sequence_limit));
    head.count = TRY(number_in(all[5], segment_records));
    head.before = TRY(cbor::digest(all[6]));
    head.last = TRY(cbor::digest(all[7]));
    if (head.count == 0) return fail(Code::Corrupt, "a segment without records");
    return head;
}

Result<std::string> part(const Json& all, std::size_t at, std::size_t limit) {
    if (!all[at].is_binary() || all[at].get_binary().size() > limit)
        return fail(Code::Corrupt, "part " + std::to_string(at) + " of a segment is no bytes, or too many");
    const auto& bytes = all[at].get_binary();
    return std::string(bytes.begin(), bytes.end());
}

}  // namespace

Result<std::string> write_segment(const Feed& feed, const Digest& before, std::span<const Record> records,
                                  const Sign& sign) {
    if (records.empty() || records.size() > segment_records)
        return fail(Code::Corrupt,
                    "a segment has one record at least, and not more than " + std::to_string(segment_records));
    Head head{feed, records.front().sequence, records.size(), before, before};
    for (std::size_t i = 0; i < records.size(); ++i) {
        if (records[i].sequence != head.first + i) return fail(Code::Corrupt, named(feed) + ": records with a gap");
        head.last = chained(feed, head.last, records[i]);
    }
    const std::string packed = TRY(pack(records)), signed_head = write_head(head);
    const std::string signature = TRY(sign(signed_head));
    return cbor::write(Json::array({cbor::binary(signed_head), cbor::binary(signature), cbor::binary(packed)}));
}

Result<Segment> parse_segment(std::string_view bytes) {
    const Json all = TRY(in("segment", cbor::parse(bytes, segment_limit)));
    if (!all.is_array() || all.size() != 3) return fail(Code::Corrupt, "no segment of a feed");
    Segment segment;
    segment.signed_head = TRY(part(all, 0, head_limit));
    segment.signature = TRY(part(all, 1, signature_limit));
    segment.packed = TRY(part(all, 2, segment_limit));
    segment.head = TRY(parse_head(segment.signed_head));
    return segment;
}

Result<std::vector<Record>> unpack(const Segment& segment) {
    const Head& head = segment.head;
    auto records = TRY(in(named(head.feed), unpack(segment.packed, head.first, head.count)));
    Digest last = head.before;
    for (const auto& each : records) last = chained(head.feed, last, each);
    if (last != head.last)
        return fail(Code::Corrupt, named(head.feed) + ": records " + std::to_string(head.first) + " to " +
                                       std::to_string(head.next() - 1) + " are not those that were signed");
    return records;
}

Result<> check_signature(const Segment& segment, std::string_view public_key) {
    if (sha256(public_key) != segment.head.feed.origin)
        return fail(Code::Denied, named(segment.head.feed) + ": that key is another node's");
    return in(named(segment.head.feed), check_signature(public_key, segment.signed_head, segment.signature));
}

}  // namespace holdfast::feed
