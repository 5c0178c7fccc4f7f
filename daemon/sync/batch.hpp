// One file of what a node has to pass on: segments of feeds, whose nodes' certificates, and how far the sender itself
// has come. README.md has the format.
#pragma once

#include "base/digest.hpp"
#include "base/handle.hpp"
#include "feed/segment.hpp"
#include "feed/signature.hpp"

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::sync {

// How far somebody has come in each feed: the sequence of the next record that it does not have signed. By feed.
using Vector = std::map<feed::Feed, std::uint64_t>;

inline constexpr std::size_t frame_limit = feed::segment_limit + 1024, vector_limit = 4UL * 1024 * 1024;

// Deterministic CBOR: [origin, class, next, …].
std::string write_vector(const Vector& vector);
Result<Vector> parse_vector(std::string_view bytes);

// A node's certificates (DER), its own first: deterministic CBOR. Corrupt for more than 8, and for more than 64 KiB.
std::string write_chain(const std::vector<std::string>& chain);
Result<std::vector<std::string>> parse_chain(std::string_view bytes);

// Written beside the file's name first, and under it once it is whole and on the disk.
class BatchWriter {
public:
    // Replaces what is there. `sender` is the origin of who signs it, `made` seconds since the epoch.
    static Result<BatchWriter> begin(const std::filesystem::path& file, const Digest& sender, std::int64_t made);
    Result<> add_node(const std::vector<std::string>& chain);
    Result<> add_segment(std::string_view segment);
    // Bytes so far.
    std::uint64_t size() const { return size_; }
    Result<> finish(const Vector& have, const feed::Sign& sign);

private:
    BatchWriter(std::filesystem::path file, Fd part, const Digest& sender)
        : file_(std::move(file)), part_(std::move(part)), sender_(sender) {}
    std::filesystem::path part_path() const { return file_.string() + ".part"; }
    Result<> put(char kind, std::string_view bytes);
    std::filesystem::path file_;
    Fd part_;
    Digest sender_;
    Sha256 digest_;
    std::uint64_t size_ = 0;
};

struct BatchHead {
    Digest sender{};
    std::int64_t made = 0;
};

// What is in a batch, in its order.
struct BatchUse {
    std::function<Result<>(const BatchHead&)> head;
    std::function<Result<>(const std::vector<std::string>& chain)> node;
    std::function<Result<>(std::string_view segment)> segment;
    // At its end, once the sender's signature over all of it holds.
    std::function<Result<>(const Vector& have)> end;
    // The sender's public key (SPKI, DER); Denied where nobody knows it.
    std::function<Result<std::string>(const Digest& sender)> key;
};

// Corrupt for what is no batch, is cut short, or goes on behind its end; Denied where its sender has not signed it.
// What was used by then stays used: each segment is believed by its own signature.
Result<> read_batch(const std::filesystem::path& file, const BatchUse& use);

}  // namespace holdfast::sync
