// For tests: boxes with certificates of one authority, whose keys lie in memory.
#pragma once

#include "base/file.hpp"
#include "base/scratch.hpp"
#include "catalog/author.hpp"
#include "feed/test_node.hpp"
#include "identity/issue.hpp"
#include "sync/exchange.hpp"

namespace holdfast::sync::test {

using feed::TestNode, holdfast::test::bad, holdfast::test::good;
namespace fs = std::filesystem;

inline constexpr std::int64_t now = 1'790'000'000;
inline const identity::Validity term{now - 1000, now + 1'000'000};

// Whom all boxes of a test trust.
struct Trust {
    identity::Key key = good(identity::make_key());
    std::string root = good(identity::make_root(key.get(), "example.net", term));
    identity::Key between_key = good(identity::make_key());
    std::string between =
        good(identity::make_intermediate({root, key.get(), {}}, between_key.get(), "example.net", term));
};

struct Box {
    Box(const Trust& of, const fs::path& place, const std::string& site, const std::string& name,
        const TestNode& who = TestNode())
        : trust(of),
          folder(place),
          site_(site),
          node(who),
          chain{good(identity::make_leaf({of.between, of.between_key.get(), {}}, node.key(),
                                         {"example.net", site, name, {}}, term)),
                of.between} {
        good(catalog.allow(node.origin(), site));
    }
    static fs::path made(const fs::path& folder) {
        good(make_directories(folder));
        return folder;
    }
    Replica replica() { return {feeds, catalog, nodes, {trust.root}, allowed, {}, node.origin()}; }
    Own own(std::int64_t at = now) const { return {chain, node.sign(), at}; }
    void apply(const std::string& name, const std::string& description, std::int64_t at = now) {
        good(catalog::Author{catalog, feeds, node.origin(), site_, at * 1000}.apply(
            {{"apiVersion", "backstage.io/v1alpha1"},
             {"kind", "Component"},
             {"metadata", {{"name", name}, {"description", description}}},
             {"spec", {{"type", "service"}, {"lifecycle", "production"}, {"owner", "team"}}}}));
    }
    std::vector<fs::path> write(const std::vector<Vector>& others = {}, std::uint64_t limit = UINT64_MAX,
                                std::int64_t at = now) {
        auto mine = replica();
        return good(export_to(mine, own(at), folder, others, limit)).files;
    }
    Imported take(const fs::path& file, Future future = Future::Refused) {
        auto mine = replica();
        return good(import_from(mine, file, now, future));
    }
    Error refuse(const fs::path& file) {
        auto mine = replica();
        return bad(import_from(mine, file, now));
    }
    std::string dump() {
        std::string all;
        for (const auto& name : good(catalog.names())) all += json::write(good(catalog.get(name))->document) + "\n";
        return all;
    }

    const Trust& trust;
    fs::path folder;
    std::string site_;
    TestNode node;
    std::vector<std::string> chain;
    feed::Store feeds = good(feed::Store::open(made(folder) / "feeds.db"));
    catalog::Store catalog = good(catalog::Store::open(folder / "catalog.db"));
    Nodes nodes = good(Nodes::open(folder / "nodes.db"));
    std::function<Result<>(const std::vector<std::string>&)> allowed;
};

}  // namespace holdfast::sync::test
