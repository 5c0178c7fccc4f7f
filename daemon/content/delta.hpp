// What the chunks of a bundle hold. A chunk is
//
//   ranges of bytes that the receiver has already  (numbers, see Range)
//   size of what it unpacks to                     a number
//   one zstd frame                                 compressed with those ranges, joined, in front of it
//
// and the chunks of one content unpack to records, one behind the other. Only the bytes of a file run over the end of a
// chunk; every other record stands whole in one.
#pragma once

#include "content/packing.hpp"
#include "content/wire.hpp"

#include <vector>

namespace holdfast::content {

// Bounds of what one chunk asks of the receiver's memory.
inline constexpr std::uint64_t plain_limit = 4UL << 20U;   // bytes a chunk unpacks to
inline constexpr std::uint64_t prefix_limit = 8UL << 20U;  // bytes of all its ranges
inline constexpr std::uint64_t ranges_limit = 4096;
inline constexpr std::uint64_t pieces_limit = 256;
inline constexpr std::uint64_t file_limit = 1ULL << 36U;  // 64 GiB

// Bytes of a file as it is once unpacked.
struct Range {
    enum class Of : std::uint8_t {
        Old = 0,    // the file's number in the tree of the commit that must be there already (sources.hpp)
        Fresh = 1,  // its number among the file records before this chunk
        Folder = 2  // a folder's number in that tree: its dirtree object
    };
    Of of = Of::Old;
    std::uint64_t file = 0;
    std::vector<Piece> pieces;  // of that file; empty: one, as it is
    std::uint64_t begin = 0, size = 0;
    bool operator==(const Range&) const = default;
};

struct ChunkHead {
    std::vector<Range> ranges;
    std::uint64_t plain = 0;
    bool operator==(const ChunkHead&) const = default;
};
std::string write_chunk(const ChunkHead& head, std::string_view frame);
// The head, and the frame behind it.
struct ParsedChunk {
    ChunkHead head;
    std::string_view frame;
};
Result<ParsedChunk> parse_chunk(std::string_view bytes);

// Records.
struct Owner {
    std::uint32_t uid = 0, gid = 0, mode = 0;  // mode with the type of file, as in stat(2)
    bool operator==(const Owner&) const = default;
};
struct MetadataRecord {  // a dirtree or dirmeta object
    std::uint8_t type = 0;
    std::string_view bytes;
};
struct SymlinkRecord {
    Owner owner;
    std::string_view target;
};
struct FileRecord {  // its bytes, unpacked, follow the record
    Owner owner;
    std::string_view attributes;  // extended ones, a serialised a(ayay); empty: none
    std::vector<Piece> pieces;
    std::uint64_t plain() const;   // sum over the pieces
    std::uint64_t packed() const;  // the file's size
};
void write_record(Writer& to, const MetadataRecord& record);
void write_record(Writer& to, const SymlinkRecord& record);
void write_record(Writer& to, const FileRecord& record);

class Records {
public:
    virtual ~Records() = default;
    virtual Result<> take(const MetadataRecord& record) = 0;
    virtual Result<> take(const SymlinkRecord& record) = 0;
    virtual Result<> begin(const FileRecord& record) = 0;
    virtual Result<> bytes(std::string_view bytes) = 0;  // of the file begun last
    virtual Result<> finish() = 0;                       // all its bytes were there
};

// Takes a content's plain bytes apart, chunk by chunk.
class RecordParser {
public:
    explicit RecordParser(Records& records) : records_(records) {}
    Result<> add(std::string_view plain);
    // Corrupt in the middle of a file.
    Result<> end() const;

private:
    Result<> record(Reader& reader);
    Result<> begin(const FileRecord& file);
    Records& records_;
    std::uint64_t missing_ = 0;  // bytes of the file begun last
};

}  // namespace holdfast::content
