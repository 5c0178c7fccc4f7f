// Any bytes as a chunk and as the records inside: taken apart, or refused.
#include "content/delta.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

namespace {

using namespace holdfast;
using namespace holdfast::content;

// As strict as the repository: bytes come for a file that was begun, and no more than it has.
struct Strict final : Records {
    std::uint64_t left = 0;
    bool open = false;
    Result<> take(const MetadataRecord& record) override {
        if (open || record.bytes.size() > plain_limit) std::abort();
        return {};
    }
    Result<> take(const SymlinkRecord& record) override {
        if (open || record.target.size() > 4096) std::abort();
        return {};
    }
    Result<> begin(const FileRecord& record) override {
        if (open || record.pieces.size() > pieces_limit) std::abort();
        open = true;
        left = record.plain();
        return {};
    }
    Result<> bytes(std::string_view bytes) override {
        if (!open || bytes.size() > left) std::abort();
        left -= bytes.size();
        return {};
    }
    Result<> finish() override {
        if (!open || left != 0) std::abort();
        open = false;
        return {};
    }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    if (const auto chunk = parse_chunk(bytes)) {
        const auto again = parse_chunk(write_chunk(chunk->head, chunk->frame));
        if (!again || !(again->head == chunk->head)) std::abort();
    }
    Strict strict;
    RecordParser parser(strict);
    const std::size_t half = size / 2;
    if (parser.add(bytes.substr(0, half)) && parser.add(bytes.substr(half)) && parser.end() && strict.open)
        std::abort();
    return 0;
}
