#include "feed/snapshot.hpp"

#include "base/digest_cbor.hpp"

#include <set>

namespace holdfast::feed {

namespace {

constexpr auto magic = "holdfast-snapshot";
constexpr std::uint64_t format = 1;
constexpr std::size_t site_limit = 64;

Json stands(const std::vector<SnapshotHead::Stand>& all) {
    Json told = Json::array();
    for (const auto& each : all) {
        told.push_back(cbor::binary(each.origin));
        told.push_back(each.next);
        told.push_back(cbor::binary(each.last));
    }
    return told;
}

std::unexpected<Error> refuse(const char* why) {
    return fail(Code::Corrupt, std::string("no snapshot: ") + why);
}

// Each node once, in both lists.
Result<std::vector<SnapshotHead::Stand>> stands_in(const Json& all, std::set<Digest>& seen) {
    if (!all.is_array() || all.size() % 3 != 0) return refuse("where its feeds stand is not told");
    std::vector<SnapshotHead::Stand> found;
    for (std::size_t i = 0; i < all.size(); i += 3) {
        if (!all[i + 1].is_number_unsigned() || all[i + 1] > sequence_limit)
            return refuse("where its feeds stand is not told");
        found.push_back({TRY(cbor::digest(all[i])), all[i + 1], TRY(cbor::digest(all[i + 2]))});
        if (!seen.insert(found.back().origin).second) return refuse("a node stands in it twice");
    }
    return found;
}

}  // namespace

std::string write_head(const SnapshotHead& head) {
    Json pieces = Json::array();
    for (const auto& each : head.pieces) pieces.push_back(cbor::binary(each));
    return cbor::write(Json::array({magic, format, cbor::binary(head.signer), head.site, head.made, stands(head.feeds),
                                    stands(head.others), pieces}));
}

Result<SnapshotHead> parse_snapshot_head(std::string_view bytes) {
    const Json all = TRY(in("snapshot", cbor::parse(bytes, snapshot_head_limit)));
    if (!all.is_array() || all.size() != 8 || all[0] != magic) return refuse("it does not begin as one");
    if (all[1] != format) return refuse("it is of a format that only a newer program knows");
    if (!all[3].is_string() || all[3].get_ref<const std::string&>().size() > site_limit ||
        !all[4].is_number_integer() || !all[7].is_array() || all[7].size() > most_pieces)
        return refuse("its head is damaged");
    std::set<Digest> seen;
    SnapshotHead head{
        .signer = TRY(cbor::digest(all[2])), .site = all[3], .made = all[4], .feeds = {}, .others = {}, .pieces = {}};
    head.feeds = TRY(stands_in(all[5], seen));
    head.others = TRY(stands_in(all[6], seen));
    for (const auto& each : all[7]) head.pieces.push_back(TRY(cbor::digest(each)));
    return head;
}

Result<Snapshot> write_snapshot(const SnapshotHead& head, const Sign& sign) {
    std::string bytes = write_head(head);
    std::string signature = TRY(sign(bytes));
    return read_snapshot(std::move(bytes), std::move(signature));
}

Result<Snapshot> read_snapshot(std::string signed_head, std::string signature) {
    auto head = TRY(parse_snapshot_head(signed_head));
    const Digest number = sha256(signed_head);
    return Snapshot{number, std::move(head), std::move(signed_head), std::move(signature)};
}

Result<> check_signature(const Snapshot& snapshot, std::string_view public_key) {
    if (sha256(public_key) != snapshot.head.signer) return fail(Code::Denied, "that key is another node's");
    return check_signature(public_key, snapshot.signed_head, snapshot.signature);
}

}  // namespace holdfast::feed
