#include "feed/packing.hpp"

#include "base/handle.hpp"
#include "feed/dictionary.hpp"
#include "feed/segment.hpp"

#include <limits>
#include <tinycbor/cbor.h>
#include <zstd.h>

namespace holdfast::feed {

namespace {

constexpr int level = 19;
constexpr std::size_t heads = 64;  // bytes, more than all that stands around a payload and its type

using Compressor = Handle<ZSTD_CCtx, ZSTD_freeCCtx>;
using Decompressor = Handle<ZSTD_DCtx, ZSTD_freeDCtx>;

std::uint8_t* raw(char* bytes) {
    return reinterpret_cast<std::uint8_t*>(bytes);
}
const std::uint8_t* raw(const char* bytes) {
    return reinterpret_cast<const std::uint8_t*>(bytes);
}

// One array of four; the time is that since the record before.
void put(std::string& into, const Record& record, std::int64_t since) {
    const std::size_t at = into.size();
    into.resize(at + record.type.size() + record.payload.size() + heads);
    CborEncoder encoder{}, all{};
    cbor_encoder_init(&encoder, raw(into.data() + at), into.size() - at, 0);
    cbor_encoder_create_array(&encoder, &all, 4);
    cbor_encode_int(&all, record.at.wall - since);
    cbor_encode_uint(&all, record.at.count);
    cbor_encode_text_string(&all, record.type.data(), record.type.size());
    cbor_encode_byte_string(&all, raw(record.payload.data()), record.payload.size());
    cbor_encoder_close_container(&encoder, &all);
    into.resize(at + cbor_encoder_get_buffer_size(&encoder, raw(into.data() + at)));
}

std::unexpected<Error> damaged(std::string_view what) {
    return fail(Code::Corrupt, "packed records are damaged: " + std::string(what));
}

template <class Copy>
bool take(CborValue* at, std::size_t limit, std::string& into, Copy copy) {
    std::size_t size = 0;
    if (cbor_value_get_string_length(at, &size) != CborNoError || size > limit) return false;
    into.resize(size);
    return copy(at, into, size) == CborNoError;
}

bool take_type(CborValue* at, Record& into) {
    return cbor_value_is_text_string(at) && cbor_value_is_length_known(at) &&
           take(at, type_limit, into.type, [](CborValue* value, std::string& text, std::size_t& size) {
               return cbor_value_copy_text_string(value, text.data(), &size, value);
           });
}

bool take_payload(CborValue* at, Record& into) {
    return cbor_value_is_byte_string(at) && cbor_value_is_length_known(at) &&
           take(at, payload_limit, into.payload, [](CborValue* value, std::string& bytes, std::size_t& size) {
               return cbor_value_copy_byte_string(value, raw(bytes.data()), &size, value);
           });
}

// A stamp that is not behind `last`.
bool take_stamp(CborValue* at, Stamp last, Stamp& into) {
    std::int64_t since = 0;
    if (!cbor_value_is_integer(at) || cbor_value_get_int64_checked(at, &since) != CborNoError) return false;
    if (__builtin_add_overflow(last.wall, since, &into.wall) || cbor_value_advance_fixed(at) != CborNoError)
        return false;
    std::uint64_t count = 0;
    if (!cbor_value_is_unsigned_integer(at) || cbor_value_get_uint64(at, &count) != CborNoError) return false;
    if (count > std::numeric_limits<std::uint32_t>::max()) return false;
    into.count = static_cast<std::uint32_t>(count);
    return cbor_value_advance_fixed(at) == CborNoError;
}

// Takes one record off `rest`.
bool take_record(std::string_view& rest, Stamp last, Record& into) {
    CborParser parser{};
    CborValue at{}, inside{};
    if (cbor_parser_init(raw(rest.data()), rest.size(), 0, &parser, &at) != CborNoError) return false;
    std::size_t members = 0;
    if (!cbor_value_is_array(&at) || cbor_value_get_array_length(&at, &members) != CborNoError || members != 4)
        return false;
    if (cbor_value_enter_container(&at, &inside) != CborNoError) return false;
    if (!take_stamp(&inside, last, into.at) || !take_type(&inside, into) || !take_payload(&inside, into)) return false;
    if (cbor_value_leave_container(&at, &inside) != CborNoError) return false;
    rest.remove_prefix(static_cast<std::size_t>(cbor_value_get_next_byte(&at) - raw(rest.data())));
    return true;
}

}  // namespace

Result<std::string> compress(std::string_view plain) {
    const Compressor context(ZSTD_createCCtx());
    std::string packed(ZSTD_compressBound(plain.size()), '\0');
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, level);
    ZSTD_CCtx_refPrefix(context.get(), dictionary().data(), dictionary().size());
    const std::size_t size = ZSTD_compress2(context.get(), packed.data(), packed.size(), plain.data(), plain.size());
    if (ZSTD_isError(size) != 0) return fail(Code::Bug, std::string("zstd: ") + ZSTD_getErrorName(size));
    packed.resize(size);
    return packed;
}

Result<std::string> decompress(std::string_view packed) {
    const auto size = ZSTD_getFrameContentSize(packed.data(), packed.size());
    if (size == ZSTD_CONTENTSIZE_UNKNOWN || size == ZSTD_CONTENTSIZE_ERROR) return damaged("no frame of zstd");
    if (size > segment_limit)
        return damaged("they say that they are " + std::to_string(size) + " bytes; " + std::to_string(segment_limit) +
                       " are taken");
    const Decompressor context(ZSTD_createDCtx());
    std::string plain(size, '\0');
    ZSTD_DCtx_refPrefix(context.get(), dictionary().data(), dictionary().size());
    const std::size_t done =
        ZSTD_decompressDCtx(context.get(), plain.data(), plain.size(), packed.data(), packed.size());
    if (ZSTD_isError(done) != 0) return damaged(ZSTD_getErrorName(done));
    if (done != plain.size()) return damaged("fewer bytes than they say");
    return plain;
}

Result<std::string> pack(std::span<const Record> records) {
    std::string plain;
    std::int64_t since = 0;
    for (const auto& each : records) {
        put(plain, each, since);
        since = each.at.wall;
        if (plain.size() > segment_limit) return fail(Code::Corrupt, "records of more than one segment");
    }
    return compress(plain);
}

Result<std::vector<Record>> unpack(std::string_view packed, std::uint64_t first, std::uint64_t count) {
    const std::string plain = TRY(decompress(packed));
    std::string_view rest = plain;
    std::vector<Record> records;
    Stamp last;
    for (std::uint64_t i = 0; i < count; ++i) {
        Record next{.sequence = first + i, .at = {}, .type = {}, .payload = {}};
        if (!take_record(rest, last, next)) return damaged("record " + std::to_string(next.sequence) + " is none");
        if (i > 0 && next.at <= last)
            return damaged("record " + std::to_string(next.sequence) + " is dated before the one before it");
        last = next.at;
        records.push_back(std::move(next));
    }
    if (!rest.empty()) return damaged("something stands behind the last record");
    return records;
}

}  // namespace holdfast::feed
