// What goes over a line for so many changes, against zstd of those changes alone; and a hub to which a whole fleet
// comes back at once.
#include "base/scratch.hpp"
#include "bench/bench.hpp"
#include "bench/node.hpp"
#include "catalog/author.hpp"
#include "identity/issue.hpp"
#include "sync/ask.hpp"
#include "tpm/real_tpm.hpp"

#include <chrono>
#include <format>
#include <print>
#include <random>
#include <zstd.h>

namespace holdfast::bench {

namespace {

namespace fs = std::filesystem;

constexpr std::int64_t now = 1'790'000'000;
const identity::Validity term{now - 1000, now + 1'000'000};

struct Trust {
    identity::Key key = holdfast::good(identity::make_key()), between_key = holdfast::good(identity::make_key());
    std::string root = holdfast::good(identity::make_root(key.get(), "example.net", term));
    std::string between =
        holdfast::good(identity::make_intermediate({root, key.get(), {}}, between_key.get(), "example.net", term));
};

// A node whose key lies in memory.
struct Place {
    Place(const Trust& trust, const fs::path& folder, const std::string& site)
        : feeds(holdfast::good(feed::Store::open(folder.string() + "-feeds.db"))),
          catalog(holdfast::good(catalog::Store::open(folder.string() + "-catalog.db"))),
          nodes(holdfast::good(sync::Nodes::open(folder.string() + "-nodes.db"))),
          chain{holdfast::good(identity::make_leaf({trust.between, trust.between_key.get(), {}}, node.key(),
                                                   {"example.net", site, "one", {}}, term)),
                trust.between},
          roots{trust.root} {
        holdfast::good(catalog.allow(node.origin(), site));
    }
    sync::Replica replica() { return {feeds, catalog, nodes, roots, {}, {}, {}}; }
    sync::Own own() const { return {chain, node.sign(), now}; }
    Node node;
    feed::Store feeds;
    catalog::Store catalog;
    sync::Nodes nodes;
    std::vector<std::string> chain, roots;
};

constexpr int level = 19;
constexpr std::size_t few = 1000, many = 10'000;

// A change as people and programs make them: one field or a few, of one of some hundred parts.
Json entity(std::mt19937& random) {
    static constexpr const char* words[] = {"pump",    "valve",  "ventilator", "monitor",
                                            "gateway", "sensor", "cell",       "ward"};
    static constexpr const char* states[] = {"production", "experimental", "deprecated"};
    const auto pick = [&](const auto& list) { return std::string(list[random() % std::size(list)]); };
    const std::string part = pick(words) + "-" + std::to_string(random() % 200);
    return {
        {"apiVersion", "backstage.io/v1alpha1"},
        {"kind", "Component"},
        {"metadata",
         {{"name", part},
          {"description", "Moves " + pick(words) + " " + std::to_string(random() % 1000) + " of the north building"},
          {"annotations", {{"holdfast.org/serial", std::format("{:08x}", random())}}},
          {"tags", {pick(words), pick(states)}}}},
        {"spec",
         {{"type", "service"}, {"lifecycle", pick(states)}, {"owner", "team-" + std::to_string(random() % 7)}}}};
}

struct Bytes {
    double line = 0, zstd = 0;
    double late = 0, records = 0;  // to a box that is new then, and all records as they are signed
};

// A box that is up to date says so many changes more.
Bytes bytes_of(std::size_t changes) {
    const Scratch scratch = holdfast::good(Scratch::make("bench"));
    const Trust trust;
    Place hub(trust, scratch.path() / "hub", std::string(identity::authority_site)),
        box(trust, scratch.path() / "box", "north");
    const sync::Carry carry = [&](std::string_view message) -> Result<sync::Carried> {
        auto mine = hub.replica();
        return TRY(sync::answer(mine, hub.own(), message, UINT64_MAX)).carried;
    };
    const sync::Asking asking{.address = "https://hub", .limit = 1UL << 20U, .sites = {"north"}};
    const auto talk = [&](Place& who) {
        double sum = 0;
        bool more = true;
        while (more) {
            auto mine = who.replica();
            const auto heard = holdfast::good(sync::ask(mine, who.own(), asking, carry));
            sum += static_cast<double>(heard.out + heard.back);
            more = heard.more;
        }
        return sum;
    };
    std::mt19937 random(1);
    const auto change = [&](std::size_t number) {
        for (std::size_t i = 0; i < number; ++i)
            holdfast::good(catalog::Author{box.catalog, box.feeds, box.node.origin(), "north",
                                           now * 1000 + static_cast<std::int64_t>(i) * 60'000}
                               .apply(entity(random)));
    };
    change(300);
    talk(box);
    const auto which = box.node.feed(feed::Class::Catalog);
    const auto before = holdfast::good(box.feeds.end(which))->next;
    change(changes);
    std::string alone;
    holdfast::good(box.feeds.read(which, before, [&](const feed::Record& record) -> Result<> {
        alone += record.payload;
        return {};
    }));
    std::string packed(ZSTD_compressBound(alone.size()), '\0');
    const auto size = ZSTD_compress(packed.data(), packed.size(), alone.data(), alone.size(), level);
    Bytes bytes{.line = talk(box), .zstd = static_cast<double>(size)};
    Place late(trust, scratch.path() / "late", "north");
    bytes.late = talk(late);
    if (holdfast::good(late.catalog.names()) != holdfast::good(hub.catalog.names())) std::abort();
    holdfast::good(hub.feeds.segments(which, 0, [&](std::string_view segment) -> Result<> {
        bytes.records += static_cast<double>(segment.size());
        return {};
    }));
    return bytes;
}

}  // namespace

Result<Figures> sync(const fs::path& source) {
    Figures figures;
    std::println("changes   bytes on the line   zstd -{} of them alone   ratio   to a new box   all records   ratio",
                 level);
    for (const std::size_t changes : {10UL, 100UL, 1000UL, 10'000UL}) {
        const auto bytes = bytes_of(changes);
        std::println("{:>7}   {:>17.0f}   {:>23.0f}   {:>5.2f}   {:>12.0f}   {:>11.0f}   {:>5.2f}", changes, bytes.line,
                     bytes.zstd, bytes.line / bytes.zstd, bytes.late, bytes.records, bytes.late / bytes.records);
        if (changes == 1000) figures.emplace_back("sync_bytes_over_zstd", bytes.line / bytes.zstd);
        if (changes == many) figures.emplace_back("new_box_bytes_over_records", bytes.late / bytes.records);
    }
    work_on_disk(source);
    const auto small = storm(few), large = storm(many);
    std::println("boxes at once   ms of the hub for each   its peak memory, MiB");
    std::println("{:>13}   {:>22.2f}   {:>20.1f}", few, small.ms_per_node, small.peak_mib);
    std::println("{:>13}   {:>22.2f}   {:>20.1f}", many, large.ms_per_node, large.peak_mib);
    figures.emplace_back("storm_ms_per_node", large.ms_per_node);
    figures.emplace_back("storm_growth_1k_to_10k", large.ms_per_node / small.ms_per_node);
    figures.emplace_back("storm_peak_rss_mib", large.peak_mib);
    return figures;
}

}  // namespace holdfast::bench
