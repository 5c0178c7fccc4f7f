#include "sync/exchange.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <format>
#include <set>

namespace holdfast::sync {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_refusals = 1000, digits = 8;

// The least that all of them have.
std::uint64_t all_have(const std::vector<Vector>& others, const feed::Feed& feed) {
    if (others.empty()) return 0;
    std::uint64_t least = UINT64_MAX;
    for (const auto& each : others) {
        const auto found = each.find(feed);
        least = std::min(least, found == each.end() ? 0 : found->second);
    }
    return least;
}

// In the order in which links serve them.
std::vector<std::pair<feed::Feed, std::uint64_t>> wanted(const Vector& here, const std::vector<Vector>& others) {
    std::vector<std::pair<feed::Feed, std::uint64_t>> all;
    for (const auto& [feed, next] : here)
        if (const auto from = all_have(others, feed); from < next) all.emplace_back(feed, from);
    std::ranges::stable_sort(all, {}, [](const auto& each) { return each.first.kind; });
    return all;
}

// Batches, one after the other, none of them over the limit.
class Batches {
public:
    Batches(Replica& replica, const Own& own, const Digest& self, const fs::path& folder, const Vector& here,
            std::uint64_t limit)
        : replica_(replica), own_(own), self_(self), folder_(folder), here_(here), limit_(limit) {}

    Result<> add(const feed::Feed& feed, std::string_view segment) {
        if (writer_ && writer_->size() + segment.size() > limit_ && segments_ > 0) TRY(finish());
        if (!writer_) TRY(begin());
        if (nodes_.insert(feed.origin).second)
            if (const auto node = TRY(replica_.nodes.find(feed.origin))) TRY(writer_->add_node(node->chain));
        TRY(writer_->add_segment(segment));
        ++segments_;
        ++done.segments;
        return {};
    }
    Result<> finish() {
        if (!writer_) return {};
        TRY(writer_->finish(here_, own_.sign));
        done.bytes += writer_->size();
        writer_.reset();
        return {};
    }
    Exported done;

private:
    // What lies there already was written by somebody and stays.
    Result<fs::path> free_name() {
        constexpr unsigned most = 10'000;
        for (; number_ < most; ++number_) {
            const auto name =
                std::format("{}-{}-{:04}.holdfast-batch", hex(self_).substr(0, digits), own_.now, number_ + 1);
            std::error_code none;
            if (!fs::exists(folder_ / name, none)) return folder_ / name;
        }
        return fail(Code::NoSpace, folder_.string() + ": ten thousand batches of this second lie there already");
    }
    Result<> begin() {
        const fs::path file = TRY(free_name());
        writer_.emplace(TRY(BatchWriter::begin(file, self_, own_.now)));
        TRY(writer_->add_node(own_.chain));
        nodes_ = {self_};
        segments_ = 0;
        done.files.push_back(file);
        return {};
    }
    Replica& replica_;
    const Own& own_;
    Digest self_;
    const fs::path& folder_;
    const Vector& here_;
    std::uint64_t limit_, segments_ = 0;
    unsigned number_ = 0;
    std::optional<BatchWriter> writer_;
    std::set<Digest> nodes_;
};

const char* where_to(feed::Taken taken, Imported& into) {
    switch (taken) {
        case feed::Taken::New: ++into.fresh; break;
        case feed::Taken::Known: ++into.known; break;
        case feed::Taken::Early: ++into.early; break;
        case feed::Taken::Fork: ++into.forks; return "its node has signed two histories; both are kept";
    }
    return nullptr;
}

class Import {
public:
    explicit Import(Replica& replica) : replica_(replica) {}

    BatchUse use() {
        return {.head = [this](const BatchHead& head) -> Result<> {
                    head_ = head;
                    done.sender = head.sender;
                    return {};
                },
                .node = [this](const std::vector<std::string>& chain) { return meet(chain); },
                .segment = [this](std::string_view segment) { return take(segment); },
                .end = [this](const Vector& vector) { return replica_.nodes.note(head_.sender, head_.made, vector); },
                .key = [this](const Digest& sender) { return key(sender); }};
    }
    Imported done;

private:
    void refuse(const std::string& why) {
        if (done.refused.size() < most_refusals) done.refused.push_back(why);
    }
    // Somebody else's certificates that are not good cost the rest nothing.
    Result<> meet(const std::vector<std::string>& chain) {
        auto allowed = replica_.allowed ? replica_.allowed(chain) : Result<>();
        if (allowed) {
            const auto met = replica_.nodes.meet(chain, replica_.roots);
            if (met) {
                const auto id = TRY(identity::SpiffeId::parse(met->node.id));
                return replica_.catalog.allow(met->node.origin, id.site);
            }
            allowed = std::unexpected(met.error());
        }
        if (allowed.error().code != Code::Denied && allowed.error().code != Code::Corrupt) return allowed;
        refuse("a node's certificate: " + allowed.error().what);
        return {};
    }
    Result<std::string> key(const Digest& origin) {
        const auto node = TRY(replica_.nodes.find(origin));
        if (!node) return fail(Code::Denied, "node " + hex(origin).substr(0, digits) + " is known to nobody here");
        if (replica_.allowed) TRY(in(node->id, replica_.allowed(node->chain)));
        return public_key_of(*node);
    }
    Result<> take(std::string_view bytes) {
        const auto taken = take_one(bytes);
        if (!taken && taken.error().code != Code::Denied && taken.error().code != Code::Corrupt)
            return std::unexpected(taken.error());
        if (!taken)
            refuse(taken.error().what);
        else if (const auto* why = where_to(*taken, done))
            refuse(why);
        return {};
    }
    Result<feed::Taken> take_one(std::string_view bytes) {
        const auto segment = TRY(feed::parse_segment(bytes));
        const auto known = TRY(in(named(segment.head.feed), key(segment.head.feed.origin)));
        return replica_.feeds.receive(bytes, known);
    }
    Replica& replica_;
    BatchHead head_;
};

}  // namespace

Result<Vector> have(feed::Store& feeds) {
    Vector here;
    for (const auto& feed : TRY(feeds.feeds()))
        if (const auto end = TRY(feeds.end(feed)); end && end->closed > 0) here[feed] = end->closed;
    return here;
}

Result<Exported> export_to(Replica& replica, const Own& own, const fs::path& folder, const std::vector<Vector>& others,
                           std::uint64_t limit, const std::function<bool(const feed::Feed&)>& which) {
    const Digest self = TRY(replica.nodes.meet(own.chain, replica.roots)).node.origin;
    for (const auto& feed : TRY(replica.feeds.feeds()))
        if (feed.origin == self) TRY(replica.feeds.close(feed, own.sign));
    const Vector here = TRY(have(replica.feeds));
    Batches batches(replica, own, self, folder, here, limit);
    for (const auto& [feed, from] : wanted(here, others)) {
        if (which && !which(feed)) continue;
        const auto add = [&batches, &whose = feed](std::string_view segment) { return batches.add(whose, segment); };
        TRY(replica.feeds.segments(feed, from, add));
    }
    TRY(batches.finish());
    return std::move(batches.done);
}

Result<Imported> import_from(Replica& replica, const fs::path& file) {
    Import import(replica);
    TRY(read_batch(file, import.use()));
    TRY(replica.catalog.catch_up(replica.feeds));
    return std::move(import.done);
}

}  // namespace holdfast::sync
