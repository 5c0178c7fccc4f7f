// What a node has to pass on, as one file or message: segments of feeds, whose nodes' certificates, and how far the
// sender itself has come. README.md has the format.
#pragma once

#include "base/digest.hpp"
#include "base/handle.hpp"
#include "feed/segment.hpp"
#include "feed/signature.hpp"
#include "feed/snapshot.hpp"

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

// What a batch over a line asks of whoever gets it. Those on sticks ask nothing.
struct Question {
    struct Begun {
        Digest number{};           // of a snapshot
        std::uint64_t pieces = 0;  // that are there in a row from the first one on
    };
    std::uint64_t limit = 0;         // bytes of the answer, about
    std::vector<std::string> sites;  // whose catalogs are wanted; "*": all
    std::vector<Begun> begun;        // snapshots that are not whole yet
};
inline constexpr std::size_t most_sites = 64;

// Where a feed of the sender's own ends, of what it has signed.
struct Tip {
    feed::Class kind = feed::Class::Audit;
    std::uint64_t next = 0;
    Digest last{};  // the chain up to there
};

struct BatchHead {
    Digest sender{};
    std::int64_t made = 0;     // seconds since the epoch, by the sender's clock
    std::uint64_t number = 0;  // above that of any batch that the sender has made before
};

// The bytes of a batch, one after the other.
class BatchWriter {
public:
    using Put = std::function<Result<>(std::string_view bytes)>;
    static Result<BatchWriter> begin(Put put, const BatchHead& head);
    Result<> add_question(const Question& question);
    Result<> add_tips(const std::vector<Tip>& tips);
    // Of an answer: the number of what it answers.
    Result<> add_reply(std::uint64_t number);
    Result<> add_node(const std::vector<std::string>& chain);
    Result<> add_segment(std::string_view segment);
    Result<> add_snapshot(const feed::Snapshot& snapshot);
    Result<> add_piece(const Digest& number, std::uint64_t at, std::string_view piece);
    // Bytes so far.
    std::uint64_t size() const { return size_; }
    // `sign` is that of who sends it.
    Result<> finish(const Vector& have, const feed::Sign& sign);

private:
    BatchWriter(Put put, const Digest& sender) : put_(std::move(put)), sender_(sender) {}
    Result<> put(char kind, std::string_view bytes);
    Put put_;
    Digest sender_;
    Sha256 digest_;
    std::uint64_t size_ = 0;
};

// A file for one: written beside its name first, and under it once it is whole and on the disk. What was begun and not
// finished goes again.
class BatchFile {
public:
    // Replaces what is there.
    static Result<BatchFile> begin(const std::filesystem::path& file);
    BatchFile(BatchFile&&) = default;
    BatchFile& operator=(BatchFile&&) = delete;
    ~BatchFile();
    BatchWriter::Put put();
    Result<> finish();

private:
    BatchFile(std::filesystem::path file, Fd part) : file_(std::move(file)), part_(std::move(part)) {}
    std::filesystem::path part_path() const { return file_.string() + ".part"; }
    std::filesystem::path file_;
    Fd part_;
};

inline constexpr std::string_view batch_ending = ".holdfast-batch";
// Files as they are; of folders the batches in them, by their names. NotFound where there is none.
Result<std::vector<std::filesystem::path>> batches_in(const std::vector<std::filesystem::path>& places);

// What is in a batch, in its order.
struct BatchUse {
    std::function<Result<>(const BatchHead&)> head;
    std::function<Result<>(const Question&)> question;
    std::function<Result<>(std::vector<Tip> tips)> tips;
    std::function<Result<>(std::uint64_t number)> reply;
    std::function<Result<>(const std::vector<std::string>& chain)> node;
    std::function<Result<>(std::string_view segment)> segment;
    std::function<Result<>(const feed::Snapshot&)> snapshot;  // behind its signer's certificates
    std::function<Result<>(const Digest& number, std::uint64_t at, std::string_view piece)> piece;
    // At its end, once the sender's signature over all of it holds.
    std::function<Result<>(const Vector& have)> end;
    // The sender's public key (SPKI, DER); Denied where nobody knows it.
    std::function<Result<std::string>(const Digest& sender)> key;
};

// Corrupt for what is no batch, is cut short, or goes on behind its end; Denied where its sender has not signed it.
// What was used by then stays used: each segment is believed by its own signature.
Result<> read_batch(const std::filesystem::path& file, const BatchUse& use);
// The same of bytes that came over a line; `name` is what errors call them.
Result<> read_message(std::string_view bytes, const std::string& name, const BatchUse& use);

}  // namespace holdfast::sync
