#include "publish/pieces.hpp"

#include "content/delta.hpp"

#include <optional>
#include <zstd.h>

namespace holdfast::publish {

namespace {

using content::Packing;
using content::Piece;

constexpr std::string_view zstd_magic("\x28\xB5\x2F\xFD", 4);
constexpr std::size_t unpacked_limit = 1024UL << 20U;
// Less is not worth a piece of its own.
constexpr std::size_t worth_packing = 512;

std::optional<std::string> unpacked(std::string_view frame, Again again) {
    auto plain = content::unpack(Packing::Zstd, frame, unpacked_limit);
    if (!plain) return std::nullopt;
    if (again == Again::Yes && content::pack(Packing::Zstd, *plain).value_or("") != frame) return std::nullopt;
    return std::move(*plain);
}

void add(Flat& flat, Packing packing, std::string_view packed, std::string_view plain) {
    if (packed.empty()) return;
    flat.pieces.push_back(Piece{packing, packed.size(), plain.size()});
    flat.bytes += plain;
}

std::size_t frame_size(std::string_view at) {
    const std::size_t size = ZSTD_findFrameCompressedSize(at.data(), at.size());
    return ZSTD_isError(size) ? 0 : size;
}

Flat frames_in(std::string_view file, Again again) {
    Flat flat;
    std::size_t done = 0;
    for (std::size_t at = file.find(zstd_magic); at != file.npos && flat.pieces.size() + 3 < content::pieces_limit;) {
        const std::size_t size = frame_size(file.substr(at));
        const auto plain = size > worth_packing ? unpacked(file.substr(at, size), again) : std::nullopt;
        if (plain) {
            add(flat, Packing::None, file.substr(done, at - done), file.substr(done, at - done));
            add(flat, Packing::Zstd, file.substr(at, size), *plain);
            done = at + size;
        }
        at = file.find(zstd_magic, plain ? done : at + 1);
    }
    add(flat, Packing::None, file.substr(done), file.substr(done));
    return flat;
}

}  // namespace

Flat flatten(std::string file, Again again) {
    Flat flat;
    if (file.find(zstd_magic) != file.npos) return frames_in(file, again);
    if (!file.empty()) flat.pieces = {Piece{Packing::None, file.size(), file.size()}};
    flat.bytes = std::move(file);
    return flat;
}

}  // namespace holdfast::publish
