#include "content/delta.hpp"

#include "content/bundle.hpp"

#include <algorithm>
#include <numeric>
#include <sys/stat.h>

namespace holdfast::content {

namespace {

enum Kind : std::uint8_t { IsMetadata = 1, IsSymlink = 2, IsFile = 3 };

constexpr std::uint64_t id_limit = 0xFFFF'FFFF;
constexpr std::size_t attributes_limit = 1UL << 20U;

void write_pieces(Writer& to, const std::vector<Piece>& pieces) {
    to.number(pieces.size());
    for (const auto& piece : pieces) {
        to.number(static_cast<std::uint8_t>(piece.packing)).number(piece.plain);
        if (piece.packing != Packing::None) to.number(piece.packed);
    }
}

Result<Piece> read_piece(Reader& from) {
    Piece piece;
    piece.packing = static_cast<Packing>(TRY(from.number(last_packing)));
    piece.plain = TRY(from.number(file_limit));
    piece.packed = piece.plain;
    if (piece.packing != Packing::None) piece.packed = TRY(from.number(file_limit));
    return piece;
}

Result<std::vector<Piece>> read_pieces(Reader& from) {
    std::vector<Piece> pieces(TRY(from.number(pieces_limit)));
    for (auto& piece : pieces) piece = TRY(read_piece(from));
    return pieces;
}

void write_owner(Writer& to, const Owner& owner) {
    to.number(owner.uid).number(owner.gid).number(owner.mode);
}

Result<Owner> read_owner(Reader& from) {
    Owner owner;
    owner.uid = static_cast<std::uint32_t>(TRY(from.number(id_limit)));
    owner.gid = static_cast<std::uint32_t>(TRY(from.number(id_limit)));
    owner.mode = static_cast<std::uint32_t>(TRY(from.number(0177777)));
    return owner;
}

Result<Range> read_range(Reader& from) {
    Range range;
    range.of = static_cast<Range::Of>(TRY(from.number(2)));
    range.file = TRY(from.number(1UL << 32U));
    range.pieces = TRY(read_pieces(from));
    range.begin = TRY(from.number(file_limit));
    range.size = TRY(from.number(prefix_limit));
    return range;
}

Result<FileRecord> read_file_record(Reader& from) {
    FileRecord file{.owner = TRY(read_owner(from))};
    file.attributes = TRY(from.text(attributes_limit));
    file.pieces = TRY(read_pieces(from));
    if (!S_ISREG(file.owner.mode)) return fail(Code::Corrupt, "a file that is none");
    if (file.plain() > file_limit || file.packed() > file_limit) return fail(Code::Corrupt, "a file over 64 GiB");
    return file;
}

}  // namespace

std::string write_chunk(const ChunkHead& head, std::string_view frame) {
    Writer to;
    to.number(head.ranges.size());
    for (const auto& range : head.ranges) {
        to.number(static_cast<std::uint8_t>(range.of)).number(range.file);
        write_pieces(to, range.pieces);
        to.number(range.begin).number(range.size);
    }
    return to.number(head.plain).bytes(frame).str();
}

Result<ParsedChunk> parse_chunk(std::string_view bytes) {
    if (bytes.size() > chunk_limit) return fail(Code::Corrupt, "a chunk over its limit");
    Reader from(bytes);
    ChunkHead head;
    const std::uint64_t count = TRY(from.number(ranges_limit));
    std::uint64_t prefix = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
        head.ranges.push_back(TRY(read_range(from)));
        prefix += head.ranges.back().size;
    }
    if (prefix > prefix_limit) return fail(Code::Corrupt, "a chunk that refers to more bytes than its limit");
    head.plain = TRY(from.number(plain_limit));
    return ParsedChunk{std::move(head), from.rest()};
}

std::uint64_t FileRecord::plain() const {
    return std::transform_reduce(pieces.begin(), pieces.end(), std::uint64_t{0}, std::plus<>(),
                                 [](const Piece& piece) { return piece.plain; });
}

std::uint64_t FileRecord::packed() const {
    return std::transform_reduce(pieces.begin(), pieces.end(), std::uint64_t{0}, std::plus<>(),
                                 [](const Piece& piece) { return piece.packed; });
}

void write_record(Writer& to, const MetadataRecord& record) {
    to.number(IsMetadata).number(record.type).text(record.bytes);
}

void write_record(Writer& to, const SymlinkRecord& record) {
    to.number(IsSymlink);
    write_owner(to, record.owner);
    to.text(record.target);
}

void write_record(Writer& to, const FileRecord& record) {
    to.number(IsFile);
    write_owner(to, record.owner);
    to.text(record.attributes);
    write_pieces(to, record.pieces);
}

Result<> RecordParser::begin(const FileRecord& file) {
    missing_ = file.plain();
    TRY(records_.begin(file));
    return missing_ == 0 ? records_.finish() : Result<>();
}

Result<> RecordParser::record(Reader& reader) {
    switch (TRY(reader.number(IsFile))) {
        case IsMetadata: {
            const auto type = static_cast<std::uint8_t>(TRY(reader.number(255)));
            return records_.take(MetadataRecord{type, TRY(reader.text(plain_limit))});
        }
        case IsSymlink: {
            const Owner owner = TRY(read_owner(reader));
            if (!S_ISLNK(owner.mode)) return fail(Code::Corrupt, "a symlink that is none");
            return records_.take(SymlinkRecord{owner, TRY(reader.text(4096))});
        }
        case IsFile: return begin(TRY(read_file_record(reader)));
        default: return fail(Code::Corrupt, "a record of no known kind");
    }
}

Result<> RecordParser::add(std::string_view plain) {
    Reader reader(plain);
    while (!reader.rest().empty()) {
        if (missing_ == 0) {
            TRY(record(reader));
            continue;
        }
        const auto part = TRY(reader.bytes(std::min<std::uint64_t>(missing_, reader.rest().size())));
        TRY(records_.bytes(part));
        missing_ -= part.size();
        if (missing_ == 0) TRY(records_.finish());
    }
    return {};
}

Result<> RecordParser::end() const {
    if (missing_ == 0) return {};
    return fail(Code::Corrupt, "ends " + std::to_string(missing_) + " bytes before the end of a file");
}

}  // namespace holdfast::content
