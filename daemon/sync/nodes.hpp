// Whom this node knows: other nodes' certificates, what those may write, and when they were last heard of.
#pragma once

#include "base/sqlite.hpp"
#include "identity/certificate.hpp"
#include "sync/batch.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace holdfast::sync {

struct Node {
    Digest origin{};
    std::string id;                  // SPIFFE ID, with the site
    std::vector<std::string> chain;  // DER, its own certificate first
    std::int64_t heard = 0;          // when it last said how far it has come, by its own clock, seconds; 0: never
    Vector have;                     // how far that was
};

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
    // How far it has come; older words than what is known are passed over.
    Result<> note(const Digest& origin, std::int64_t at, const Vector& have);

private:
    explicit Nodes(sqlite::Database database) : database_(std::move(database)) {}
    Result<std::vector<Node>> rows(const std::string& clause, const std::optional<Digest>& origin);
    sqlite::Database database_;
};

// The public key in a node's certificate (SubjectPublicKeyInfo, DER): its SHA-256 is the node's origin.
Result<std::string> public_key_of(const Node& node);

}  // namespace holdfast::sync
