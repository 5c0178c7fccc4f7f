#include "sync/verify.hpp"

#include "base/text.hpp"
#include "sync/nodes.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace holdfast::sync {

namespace {

struct Signer {
    std::string id, key;
};

class Examination {
public:
    explicit Examination(const std::vector<std::string>& roots) : roots_(roots) {}

    void look_at(const std::filesystem::path& file) {
        file_ = file.string();
        const BatchUse use{
            .head = [](const BatchHead&) -> Result<> { return {}; },
            .node = [this](const std::vector<std::string>& chain) -> Result<> {
                note(meet(chain));
                return {};
            },
            .segment = [this](std::string_view segment) -> Result<> {
                note(take(segment));
                return {};
            },
            .end = [](const Vector&) -> Result<> { return {}; },
            .key = [this](const Digest& sender) -> Result<std::string> { return TRY(signer(sender))->key; }};
        if (const auto read = read_batch(file, use); !read) verdict_.wrong.push_back(read.error().what);
    }

    Verdict verdict() && {
        for (auto& [feed, links] : links_) {
            Proved& one = verdict_.feeds.emplace_back(feed, signers_.at(feed.origin).id, std::vector<Run>(),
                                                      forked_.contains(feed));
            for (const auto& [sequence, digest] : links) {
                if (one.runs.empty() || one.runs.back().next != sequence) one.runs.push_back({sequence, sequence});
                one.runs.back().next = sequence + 1;
            }
        }
        return std::move(verdict_);
    }

private:
    void note(const Result<>& done) {
        if (!done) verdict_.wrong.push_back(file_ + ": " + done.error().what);
    }
    Result<const Signer*> signer(const Digest& origin) const {
        const auto found = signers_.find(origin);
        if (found == signers_.end())
            return fail(Code::Denied, "the certificate of node " + hex(origin).substr(0, 8) +
                                          " is missing, or leads to no root that is trusted");
        return &found->second;
    }
    Result<> meet(const std::vector<std::string>& chain) {
        const Node node = TRY(node_of(chain, roots_));
        signers_[node.origin] = {node.id, TRY(public_key_of(node))};
        return {};
    }
    Result<> take(std::string_view bytes) {
        const auto segment = TRY(feed::parse_segment(bytes));
        const Signer* node = TRY(signer(segment.head.feed.origin));
        TRY(feed::check_signature(segment, node->key));
        auto& links = links_[segment.head.feed];
        Digest last = segment.head.before;
        if (segment.head.first > 0) compare(segment.head.feed, links, segment.head.first - 1, last);
        for (const auto& record : TRY(feed::unpack(segment))) {
            last = feed::chained(segment.head.feed, last, record);
            compare(segment.head.feed, links, record.sequence, last);
            links.emplace(record.sequence, last);
        }
        return {};
    }
    void compare(const feed::Feed& feed, const std::map<std::uint64_t, Digest>& links, std::uint64_t sequence,
                 const Digest& digest) {
        const auto there = links.find(sequence);
        if (there == links.end() || there->second == digest || !forked_.insert(feed).second) return;
        verdict_.wrong.push_back(file_ + ": " + named(feed) +
                                 ": its node has signed two histories, which differ at record " +
                                 std::to_string(sequence));
    }
    const std::vector<std::string>& roots_;
    std::string file_;
    std::map<Digest, Signer> signers_;
    std::map<feed::Feed, std::map<std::uint64_t, Digest>> links_;  // the chain after each record
    std::set<feed::Feed> forked_;
    Verdict verdict_;
};

}  // namespace

bool Verdict::whole() const {
    return wrong.empty() && std::ranges::all_of(feeds, [](const Proved& each) {
               return !each.forked && each.runs.size() == 1 && each.runs.front().first == 0;
           });
}

Verdict verify(const std::vector<std::filesystem::path>& files, const std::vector<std::string>& roots) {
    Examination examination(roots);
    for (const auto& each : files) examination.look_at(each);
    return std::move(examination).verdict();
}

}  // namespace holdfast::sync
