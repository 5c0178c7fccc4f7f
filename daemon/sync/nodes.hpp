// Whom this node knows: other nodes' certificates, what those may write, and when they were last heard of.
#pragma once

#include "base/sqlite.hpp"
#include "identity/certificate.hpp"
#include "sync/batch.hpp"

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace holdfast::sync {

struct Node {
    Digest origin{};
    std::string id;                  // SPIFFE ID, with the site
    std::vector<std::string> chain;  // DER, its own certificate first
    std::int64_t heard = 0;          // when it last said how far it has come, by its own clock, seconds; 0: never
    std::int64_t came = 0;           // the same by the clock of this node
    std::uint64_t number = 0;        // of its last batch that came; of this node itself, of the last one it made
    Vector have;                     // how far that was
    std::string quarantine;          // why nothing more is taken from it; "" where it is
};

// What people call a node: BOX, SITE/BOX, its SPIFFE ID, or the first digits of its number, four at least.
bool is_called(std::string_view id, const Digest& origin, std::string_view name);

// Whose certificates those are, of whom nothing else is known. Denied where they do not lead to one of the roots,
// whatever the time (what was signed stays signed), or are of no box.
Result<Node> node_of(const std::vector<std::string>& chain, const std::vector<std::string>& roots);

// For one thread; several programs may have the same file open. An Error names the file.
class Nodes {
public:
    static Result<Nodes> open(const std::filesystem::path& file);

    // Keeps who that is, as node_of says. Tells it with what is known of it, and whether that is news.
    struct Met {
        Node node;
        bool news = false;
    };
    Result<Met> meet(const std::vector<std::string>& chain, const std::vector<std::string>& roots);
    // Nothing where nobody knows it.
    Result<std::optional<Node>> find(const Digest& origin);
    Result<std::vector<Node>> all();
    // Those of that site.
    Result<std::vector<Node>> of_site(const std::string& site);
    // How far its sender has come, and when it says so; older words than what is known are passed over. False for
    // those.
    Result<bool> note(const BatchHead& head, const Vector& have, std::int64_t now);
    // The number of the next batch of this node, which nobody gets again; `least` where others know of larger ones.
    Result<std::uint64_t> next_number(const Digest& self, std::int64_t now, std::uint64_t least = 0);
    // Nothing more is taken from it until a person says so. False where that is so already.
    Result<bool> quarantine(const Digest& origin, const std::string& why);
    Result<bool> release(const Digest& origin);
    // Who answered at that address last; nothing where nobody ever did.
    Result<std::optional<Digest>> at(const std::string& address);
    Result<> found_at(const std::string& address, const Digest& origin);
    // Bytes that went over lines on that day (days since the epoch); those of earlier days are forgotten.
    Result<std::uint64_t> spent(std::int64_t day);
    Result<> spend(std::int64_t day, std::uint64_t bytes);
    // How often an address was tried since it answered last, and when it is to be tried again (seconds since the
    // epoch).
    struct Trial {
        std::uint64_t failures = 0;
        std::int64_t again = 0;
    };
    Result<Trial> trial(const std::string& address);
    Result<> note_trial(const std::string& address, const Trial& trial);
    // What was put into the stream of an address and nobody has answered yet.
    struct Posted {
        std::uint64_t number = 0, sequence = 0;  // of the last batch, and its place in the stream; 0: none
        std::int64_t at = 0;                     // seconds since the epoch
        Vector reached;                          // how far who reads all of it will be
    };
    Result<Posted> posted(const std::string& address);
    Result<> note_posted(const std::string& address, const Posted& posted);

private:
    explicit Nodes(sqlite::Database database) : database_(std::move(database)) {}
    Result<std::vector<Node>> rows(const std::string& clause, std::span<const sqlite::Value> values);
    sqlite::Database database_;
};

// The public key in a node's certificate (SubjectPublicKeyInfo, DER): its SHA-256 is the node's origin.
Result<std::string> public_key_of(const Node& node);

}  // namespace holdfast::sync
