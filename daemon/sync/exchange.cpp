#include "sync/exchange.hpp"

#include "base/text.hpp"
#include "sync/offer.hpp"
#include "sync/taking.hpp"

#include <format>

namespace holdfast::sync {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t digits = 8;
// Clocks differ by a time zone that somebody has set wrong, not by more.
constexpr std::int64_t day = 86'400;

// Batches in files, one after the other, none of them over the limit.
class Batches {
public:
    Batches(Replica& replica, const Own& own, const Digest& self, const fs::path& folder, const Vector& here,
            std::uint64_t limit)
        : replica_(replica), own_(own), self_(self), folder_(folder), here_(here), limit_(limit) {}

    Result<> add(const feed::Feed& feed, std::string_view segment) {
        if (filling_ && !filling_->takes(segment.size(), limit_)) TRY(finish());
        if (!filling_) TRY(begin());
        ++done.segments;
        return filling_->add(feed, segment);
    }
    Result<> add(const Offer& offer) {
        const auto& snapshot = offer.kept.snapshot;
        if (!filling_) TRY(begin());
        TRY(filling_->add_snapshot(snapshot));
        for (std::uint64_t at = 0; at < snapshot.head.pieces.size(); ++at) {
            const auto piece = TRY(replica_.feeds.piece(offer.kept, at));
            if (!filling_->takes(piece.size(), limit_)) {
                TRY(finish());
                TRY(begin());
                TRY(filling_->add_snapshot(snapshot));
            }
            TRY(filling_->add_piece(snapshot.number, at, piece));
        }
        return {};
    }
    Result<> finish() {
        if (!filling_) return {};
        TRY(filling_->finish(here_));
        TRY(file_->finish());
        done.bytes += filling_->size();
        filling_.reset();
        file_.reset();
        return {};
    }
    Exported done;

private:
    // What lies there already was written by somebody and stays.
    Result<fs::path> free_name() {
        constexpr unsigned most = 10'000;
        for (; number_ < most; ++number_) {
            const auto name =
                std::format("{}-{}-{:04}{}", hex(self_).substr(0, digits), own_.now, number_ + 1, batch_ending);
            std::error_code none;
            if (!fs::exists(folder_ / name, none)) return folder_ / name;
        }
        return fail(Code::NoSpace, folder_.string() + ": ten thousand batches of this second lie there already");
    }
    Result<> begin() {
        const fs::path path = TRY(free_name());
        const auto number = TRY(replica_.nodes.next_number(self_, own_.now));
        file_.emplace(TRY(BatchFile::begin(path)));
        filling_.emplace(TRY(Filling::begin(replica_, own_, {self_, own_.now, number}, file_->put())));
        done.files.push_back(path);
        return {};
    }
    Replica& replica_;
    const Own& own_;
    Digest self_;
    const fs::path& folder_;
    const Vector& here_;
    std::uint64_t limit_;
    unsigned number_ = 0;
    std::optional<BatchFile> file_;
    std::optional<Filling> filling_;
};

// What stands for records that are not here; and where it is for one reader alone, what spares that one records. What
// many read has all evidence.
Result<std::vector<Offer>> spared_by(Replica& replica, const Own& own, const Wanted& wanted, bool one_reader) {
    auto all = TRY(handed_on(replica, wanted));
    if (!one_reader) return all;
    Vector there = TRY(have(replica.feeds));
    for (const auto& [feed, from] : wanted) there[feed] = from;
    for (auto& each : TRY(offers(replica, own, {std::string(catalog::Store::everywhere)}, there, {})))
        all.push_back(std::move(each));
    return all;
}

}  // namespace

Result<> allow(Replica& replica, const Node& node) {
    const auto site = TRY(identity::SpiffeId::parse(node.id)).site;
    const bool everywhere = site == identity::authority_site;
    return replica.catalog.allow(node.origin, everywhere ? std::string(catalog::Store::everywhere) : site);
}

Result<> allow_all(Replica& replica) {
    for (const auto& node : TRY(replica.nodes.all())) TRY(allow(replica, node));
    return {};
}

Result<Vector> have(feed::Store& feeds) {
    Vector here;
    for (const auto& feed : TRY(feeds.feeds()))
        if (const auto end = TRY(feeds.end(feed)); end && end->closed > 0) here[feed] = end->closed;
    return here;
}

Result<Exported> export_to(Replica& replica, const Own& own, const fs::path& folder, const std::vector<Vector>& others,
                           std::uint64_t limit, const std::function<bool(const feed::Feed&)>& which) {
    const Digest self = TRY(close_own(replica, own));
    const Vector here = TRY(have(replica.feeds));
    Batches batches(replica, own, self, folder, here, limit);
    const Wanted lacking = wanted(here, others);
    const auto spared = which ? std::vector<Offer>() : TRY(spared_by(replica, own, lacking, others.size() == 1));
    for (const auto& each : spared) TRY(batches.add(each));
    for (const auto& [feed, from] : beside(lacking, spared)) {
        if (which && !which(feed)) continue;
        const auto add = [&batches, &whose = feed](std::string_view segment) { return batches.add(whose, segment); };
        TRY(replica.feeds.segments(feed, from, add));
    }
    TRY(batches.finish());
    return std::move(batches.done);
}

Result<Imported> import_from(Replica& replica, const fs::path& file, std::int64_t now, Future future) {
    Taking taking(replica, now, future == Future::Taken ? INT64_MAX : now + day);
    if (auto read = read_batch(file, taking.use()); !read) {
        // As that of a sender whose certificate leads elsewhere.
        if (!taking.done.refused.empty()) read.error().what += "; " + taking.done.refused.front();
        return std::unexpected(read.error());
    }
    TRY(replica.catalog.catch_up(replica.feeds));
    return std::move(taking.done);
}

}  // namespace holdfast::sync
