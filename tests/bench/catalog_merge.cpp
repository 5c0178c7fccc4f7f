// Merging what a hundred boxes have said: ours, that of others, and ours into the store.
#include "base/cbor.hpp"
#include "base/file.hpp"
#include "base/progress.hpp"
#include "bench/catalog_parts.hpp"
#include "bench/catalog_peers.hpp"
#include "catalog/apply.hpp"
#include "catalog/store.hpp"
#include "feed/store.hpp"

#include <algorithm>
#include <memory>
#include <print>

namespace holdfast::bench {

namespace {

namespace fs = std::filesystem;
using catalog::Gathered, catalog::Merged;
using Segments = std::vector<std::vector<std::string>>;  // of each box

constexpr std::size_t times = 3;
constexpr std::size_t value_limit = 1024;

Result<> merge(const Operations& operations, Gathered& into) {
    for (const auto& box : operations.boxes) {
        const auto node = TRY(into.number_of(box.origin()));
        for (const auto& record : box.records) TRY(catalog::apply(record, node, into));
    }
    return {};
}

// From what is carried, all proofs included: signatures, and the chain of every record.
Result<> merge_proven(const Operations& operations, const Segments& segments, Gathered& into) {
    for (std::size_t i = 0; i < segments.size(); ++i) {
        const auto node = TRY(into.number_of(operations.boxes[i].origin()));
        for (const auto& bytes : segments[i]) {
            const auto segment = TRY(feed::parse_segment(bytes));
            TRY(feed::check_signature(segment, operations.boxes[i].public_key()));
            const auto records = TRY(feed::unpack(segment));
            for (const auto& record : records) TRY(catalog::apply(record, node, into));
        }
    }
    return {};
}

// Seconds of each time.
Result<std::vector<double>> timed(const std::function<Result<>(Gathered&)>& work, std::unique_ptr<Gathered>& last) {
    std::vector<double> all;
    for (std::size_t i = 0; i < times; ++i) {
        last = std::make_unique<Gathered>();
        Result<> done;
        all.push_back(seconds_of([&] { done = work(*last); }));
        TRY(std::move(done));
    }
    return all;
}

Result<Segments> signed_by(const std::vector<Speaker>& boxes) {
    Segments all;
    for (const auto& each : boxes) all.push_back(TRY(each.segments()));
    return all;
}

struct Compared {
    std::size_t same = 0, disagreed = 0;
};

// Where boxes disagree each library has its own rule for who counts; everything else has to be the same.
Result<Compared> compare(const Gathered& ours, const Peer& peer) {
    Compared all;
    for (const auto& [name, merged] : ours.all())
        for (const auto& field : merged.fields()) {
            if (Merged::in_conflict(field)) {
                ++all.disagreed;
                continue;
            }
            const auto value = TRY(cbor::parse(*Merged::winner(field, ours.rank()).value, value_limit));
            if (!peer.state.contains(name) || peer.state.at(name).value(field.path, Json()) != value)
                return fail(Code::Bug, peer.name + " has something else at " + name + " " + field.path);
            ++all.same;
        }
    return all;
}

std::string spread(const std::vector<double>& seconds) {
    return std::format("{:.2f} s ({:.2f} to {:.2f})", quantile(seconds, 0.5), std::ranges::min(seconds),
                       std::ranges::max(seconds));
}

void tell(const std::string& who, const std::vector<double>& seconds, std::size_t fields) {
    std::println("  {:<44} {} {:>10.0f} operations/s", who, spread(seconds),
                 static_cast<double>(fields) / std::ranges::min(seconds));
}

struct Others {
    double fastest = 1e9, smallest = 1e18;  // seconds, bytes
};

Result<Others> merge_by_others(const Operations& operations, const Gathered& ours, const fs::path& folder) {
    Others others;
    for (const std::string peer : peers) {
        const auto merged = TRY(step(peer + " merges", [&] { return merge_by(peer, folder, times); }));
        const auto compared = TRY(compare(ours, merged));
        tell(peer + ", " + merged.way, merged.seconds, operations.fields);
        std::println("    {} fields as ours, {} disagreed about; {:.1f} MiB of updates, {:.1f} MiB saved",
                     compared.same, compared.disagreed, merged.told / mebibyte, merged.saved / mebibyte);
        others.fastest = std::min(others.fastest, merged.best());
        others.smallest = std::min(others.smallest, merged.saved);
    }
    return others;
}

double bytes_of(const fs::path& database) {
    double bytes = 0;
    for (const auto* end : {"", "-wal"})
        if (fs::exists(database.string() + end)) bytes += static_cast<double>(fs::file_size(database.string() + end));
    return bytes;
}

struct Kept {
    double seconds = 0, feeds = 0, catalog = 0;  // bytes of the two
};

Result<Kept> keep(const Operations& operations, const Segments& segments, const fs::path& folder) {
    Kept kept;
    {
        auto feeds = TRY(feed::Store::open(folder / "feeds.db"));
        auto catalog = TRY(catalog::Store::open(folder / "catalog.db"));
        for (const auto& each : operations.boxes) TRY(catalog.allow(each.origin(), each.space()));
        Result<> done;
        double received = 0;
        kept.seconds = seconds_of([&] {
            received = seconds_of([&] {
                for (std::size_t i = 0; i < segments.size() && done; ++i)
                    for (const auto& each : segments[i])
                        if (auto taken = feeds.receive(each, operations.boxes[i].public_key()); !taken)
                            done = std::unexpected(std::move(taken).error());
            });
            if (auto taken = catalog.catch_up(feeds); done && !taken) done = std::unexpected(std::move(taken).error());
        });
        TRY(std::move(done));
        std::println("  received in {:.1f} s, taken in in {:.1f} s; {} disagreements", received,
                     kept.seconds - received, TRY(catalog.disagreements()).size());
    }
    kept.feeds = bytes_of(folder / "feeds.db");
    kept.catalog = bytes_of(folder / "catalog.db");
    std::println("  {:.1f} MiB of feeds, {:.1f} MiB of catalog with what it is searched by", kept.feeds / mebibyte,
                 kept.catalog / mebibyte);
    return kept;
}

}  // namespace

Result<Operations> prepare_merging(const fs::path& source, const fs::path& folder) {
    auto operations = TRY(step("a hundred boxes speak", [&] { return make_operations(folder / "operations"); }));
    TRY(step("fetching the others' libraries", [&] { return install(source / "tests/bench/peers", folder); }));
    for (const std::string peer : peers)
        TRY(step(peer + " writes what each box has done",
                 [&] { return make_updates(peer, folder / "operations", folder); }));
    return operations;
}

Result<Figures> merging(const Operations& operations, const fs::path& folder) {
    std::unique_ptr<Gathered> ours, proven;
    auto seconds = TRY(timed([&](Gathered& into) { return merge(operations, into); }, ours));
    tell("ours", seconds, operations.fields);
    const auto others = TRY(merge_by_others(operations, *ours, folder));
    // Once more, behind them: what else this computer does is the same for all.
    std::ranges::copy(TRY(timed([&](Gathered& into) { return merge(operations, into); }, ours)),
                      std::back_inserter(seconds));
    tell("ours, before and behind", seconds, operations.fields);
    const auto segments = TRY(step("what they said is signed", [&] { return signed_by(operations.boxes); }));
    const auto all = TRY(timed([&](Gathered& into) { return merge_proven(operations, segments, into); }, proven));
    tell("ours, from signed segments", all, operations.fields);
    const auto kept = TRY(step("into the store", [&] { return keep(operations, segments, folder); }));
    const auto fields = static_cast<double>(operations.fields);
    return Figures{{"merge_over_fastest_peer", others.fastest / std::ranges::min(seconds)},
                   {"merge_proven_over_fastest_peer", others.fastest / std::ranges::min(all)},
                   {"merge_ops_s", fields / std::ranges::min(seconds)},
                   {"durable_merge_ops_s", fields / kept.seconds},
                   {"stored_over_smallest_peer", (kept.feeds + kept.catalog) / others.smallest},
                   {"feeds_over_smallest_peer", kept.feeds / others.smallest}};
}

}  // namespace holdfast::bench
