// Feeds on disk: this node's own, which grow record by record, and other nodes', which come as signed segments.
#pragma once

#include "base/sqlite.hpp"
#include "feed/loss.hpp"
#include "feed/segment.hpp"
#include "feed/snapshot.hpp"

#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace holdfast::feed {

struct Draft {
    std::string type, payload;
};

// Where a feed ends: what its next record is, and stands behind.
struct End {
    std::uint64_t next = 0;    // its sequence
    Digest last{};             // the chain so far
    Stamp at;                  // of the last record
    std::uint64_t closed = 0;  // all before this one are signed
    Digest sealed{};           // the chain up to there
    bool forked = false;       // its node has signed two histories
};

// Two segments of one node that cannot both be true.
struct Fork {
    Feed feed;
    std::uint64_t first = 0;  // of the segment that came second, and is kept beside
    std::string segment;
};

// What came of a segment.
enum class Taken {
    New,    // its records are there now
    Known,  // they were there before
    Early,  // kept until those before it come
    Fork,   // another history than the one that is here: both are kept, this one beside
};

// For one thread; several programs may have the same file open. An Error names the file, and leaves it as it was.
class Store {
public:
    // Makes it in a folder that is there.
    static Result<Store> open(const std::filesystem::path& file);

    // Durable when it returns: all of them or none. `now` is what this node's clock says, milliseconds since the epoch;
    // the stamp is later than everything that is here. Corrupt where a draft is over a limit. Where the disk is full,
    // what may go makes room first, as retain() has it, for which some bytes are set aside beside the file. NoSpace:
    // that was not enough, and nothing of the drafts is here. With `next`, the sequence that the first of them has to
    // get: Busy where another program has appended since, and nothing was written.
    Result<End> append(const Feed& feed, std::span<const Draft> drafts, std::int64_t now,
                       std::optional<std::uint64_t> next = {});
    // Signs what `append` has left: a segment, or several where it is much. Tells how many.
    Result<std::size_t> close(const Feed& feed, const Sign& sign);

    Result<std::vector<Feed>> feeds();
    // Nothing where there is no such feed.
    Result<std::optional<End>> end(const Feed& feed);
    // The records from that sequence on, in their order; signed or not yet.
    Result<> read(const Feed& feed, std::uint64_t from, const std::function<Result<>(const Record&)>& use);
    // The signed segments whose records reach beyond `from`, as they were signed.
    Result<> segments(const Feed& feed, std::uint64_t from, const std::function<Result<>(std::string_view)>& use);

    // Takes a segment of another node, whose public key that is (SubjectPublicKeyInfo, DER), in any order and any
    // number of times. Corrupt or Denied, as segment.hpp tells, before anything is written.
    Result<Taken> receive(std::string_view segment, std::string_view public_key);
    Result<std::vector<Fork>> forks();
    // Whether the chain before record `next` may be that: false where another one is here.
    Result<bool> agrees(const Feed& feed, std::uint64_t next, const Digest& last);

    // Bytes of what is kept.
    Result<std::uint64_t> size();
    // Makes room until so many bytes are kept at most, or nothing more may go. Of telemetry three segments of four go
    // first, from the oldest on; then all of it, then health, then actions, but never the last segment of a feed; audit
    // and catalog never go. What goes is told by records of type `lost_type` in the audit feed of `own`, within the
    // same transaction.
    Result<std::vector<Lost>> retain(const Digest& own, std::uint64_t bytes, std::int64_t now);
    // Its own node says that these are gone there: what comes behind them is taken as if they were here.
    Result<> skip(const Lost& lost);
    Result<std::vector<Lost>> lost();

    // A snapshot, as far as it is here: its pieces come, it stands for records, or it was made here for others.
    enum class State : std::uint8_t { Begun, Whole, Own };
    struct Kept {
        Snapshot snapshot;
        State state = State::Begun;
        std::int64_t place = 0;
        std::uint64_t pieces = 0;  // that are here in a row from the first one on
    };
    // All of them, or those of one state.
    Result<std::vector<Kept>> snapshots(std::optional<State> state = {});
    // Site and number of those that came from elsewhere and are whole.
    Result<std::vector<std::pair<std::string, Digest>>> to_adopt();
    // NotFound where that piece is not here.
    Result<std::string> piece(const Kept& kept, std::uint64_t at);
    // Its pieces are wanted; whoever calls has looked at its signature. False: nothing is in it that is not here, or
    // less than in what stands in its place. Denied where it knows more of the node `self` than that node does.
    Result<bool> begin_snapshot(const Snapshot& snapshot, const Digest& self);
    // Durable when it returns; with the last one the feeds go on behind the snapshot. Corrupt where it is another one;
    // false where nobody waits for it.
    Result<bool> add_piece(const Digest& number, std::uint64_t at, std::string_view bytes);
    // One that was made here, in the place of the one before.
    Result<> keep_own(const Snapshot& snapshot, std::span<const std::string> pieces);

    // Goes through all of a feed: every chain, and every signature where its key is given; what was lost, and is told
    // by lost(), is passed over. Corrupt where something does not fit.
    Result<End> verify(const Feed& feed, const std::optional<std::string>& public_key);

private:
    struct Row {
        std::int64_t id = 0;
        End end;
    };
    Store(sqlite::Database database, std::filesystem::path file)
        : database_(std::move(database)), file_(std::move(file)) {}
    Result<std::optional<Row>> row(const Feed& feed);
    Result<Row> row_to_write(const Feed& feed);
    Result<> keep(const Row& row);
    Result<Stamp> latest(std::int64_t now);
    Result<End> append_once(const Feed& feed, std::span<const Draft> drafts, std::int64_t now,
                            std::optional<std::uint64_t> next);
    Result<> put_log_away();
    Result<bool> make_room(const Digest& own, std::int64_t now);
    std::filesystem::path reserve() const { return file_.string() + ".reserve"; }
    Result<End> append_within(const Feed& feed, std::span<const Draft> drafts, std::int64_t now,
                              std::optional<std::uint64_t> next);
    struct Hole {
        std::uint64_t next = 0;
        Digest last{};  // the chain after it; zeros where nobody knows
    };
    Result<std::optional<Hole>> hole_at(std::int64_t feed, std::uint64_t first);
    Result<bool> is_lost(const Row& row, const Head& head);
    Result<> pass(Row& row, std::uint64_t to, const Digest& last);
    Result<> finish(const Kept& kept);
    Result<> forget_snapshot(std::int64_t place);
    Result<std::int64_t> insert(const Snapshot& snapshot, State state);
    Result<> dig(std::int64_t feed, std::uint64_t first, const Hole& hole);
    Result<std::vector<Lost>> drop(const Digest& own, Class kind, bool thin, std::uint64_t& over, std::int64_t now);
    Result<std::optional<Lost>> drop(std::int64_t place, const std::string& bytes, const Feed& feed);
    Result<std::pair<std::optional<Row>, std::vector<Record>>> row_and_tail(const Feed& feed);
    Result<> signed_ones(const Row& row, std::uint64_t from, const std::function<Result<>(std::string_view)>& use);
    Result<std::vector<Record>> tail(const Row& row, std::uint64_t from);
    Result<bool> close_some(const Feed& feed, const Sign& sign);
    Result<Taken> place(Row& row, const Segment& segment, std::string_view bytes);
    Result<Taken> set_beside(Row& row, const Segment& segment, std::string_view bytes);
    Result<bool> is_here(const Row& row, const Segment& segment);
    Result<> insert(const Row& row, const Segment& segment, std::string_view bytes);
    Result<> go_on(Row& row, const Segment& segment);
    Result<> take_early(Row& row);
    sqlite::Database database_;
    std::filesystem::path file_;
};

}  // namespace holdfast::feed
