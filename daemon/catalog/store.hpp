// The catalog of a node: what feeds say of entities, merged, and kept so that it can be asked. All of it can be made
// anew from the feeds.
#pragma once

#include "base/sqlite.hpp"
#include "catalog/merge.hpp"
#include "catalog/numbers.hpp"
#include "feed/store.hpp"

#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace holdfast::catalog {

// One entity as all that was said of it makes it.
struct Entity {
    std::string name;                     // kind:namespace/name
    Json document;                        // with relations, metadata.uid and metadata.etag, as Backstage tells them
    std::vector<std::string> objections;  // where what several nodes did leaves no whole one; else none
};

// Two or more nodes have said different things of a field, and did not know of each other.
struct Disagreement {
    struct Said {
        Digest origin{};
        std::uint64_t sequence = 0;
        feed::Stamp at;
        std::optional<Json> value;  // nothing: it is to go
        bool counts = false;        // meanwhile
    };
    std::string entity, path;
    std::vector<Said> said;
};

// A change that its node may not make.
struct KeptOut {
    Digest origin{};
    std::uint64_t sequence = 0;
    std::string entity;
};

struct Portrait;

// For one thread; several programs may have the same file open. An Error names the file.
class Store {
public:
    // Makes it in a folder that is there.
    static Result<Store> open(const std::filesystem::path& file);

    // That node may write the entities of that namespace; everywhere with `everywhere`. What is allowed stays allowed.
    // What was kept out for want of it is taken in by the next catch_up.
    static constexpr std::string_view everywhere = "*";
    Result<> allow(const Digest& origin, const std::string& space);
    Result<bool> may_write(const Digest& origin, std::string_view entity);

    // Takes in snapshots that are new among the feeds, and what the feeds have beyond what is here, many thousand
    // records at a time, each time durably. Tells how many records that were. What is no change of an entity is passed
    // over.
    Result<std::size_t> catch_up(feed::Store& feeds);
    // The same of those feeds alone.
    Result<std::size_t> catch_up(feed::Store& feeds, std::span<const feed::Feed> from);

    // What a snapshot says of the entities in that namespace. Nothing where their records cannot be left out: a node
    // that writes there has signed two histories, or has records that are not signed, or not taken in. NoSpace where it
    // is too much for one.
    Result<std::optional<Portrait>> portray(feed::Store& feeds, const std::string& space);

    // Forgets what only says that something is gone, of the entities of that namespace, where all who write there have
    // all that is here: `passed` is by node the sequence below which all of them have its catalog's feed. Tells how
    // many entities that were.
    Result<std::size_t> collect(const std::string& space, const std::map<Digest, std::uint64_t>& passed);

    // Nothing where there is none. `name` as text(Reference) writes it.
    Result<std::optional<Entity>> get(const std::string& name);
    Result<std::vector<std::string>> names();
    Result<std::vector<Disagreement>> disagreements();
    Result<std::vector<KeptOut>> kept_out();
    // What was merged, for who writes a change on top of it; empty where there is nothing.
    Result<Merged> merged(const std::string& name);
    Result<std::uint32_t> number_of(const Digest& origin);
    const std::vector<Digest>& nodes() const { return numbers_.all(); }

private:
    friend class Intake;
    friend class Asked;
    explicit Store(sqlite::Database database) : database_(std::move(database)) {}
    Result<> read_nodes();
    Result<bool> adopt(feed::Store& feeds);
    Result<std::vector<std::uint64_t>> passed_by(const std::string& space,
                                                 const std::map<Digest, std::uint64_t>& passed);
    Result<bool> has_news(feed::Store& feeds, const feed::Feed& feed);
    Result<Entity> entity_of(std::string name, std::int64_t id, const Merged& merged);

    sqlite::Database database_;
    Numbers numbers_;  // of nodes, as they stand in the database
};

// What it says: the winners of all fields, and what stands in no field because it is known.
Result<Json> document_of(const Merged& merged, Rank rank);

}  // namespace holdfast::catalog
