#include "feed/record.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <tinycbor/cbor.h>

namespace holdfast::feed {

namespace {

constexpr unsigned format = 1;
constexpr std::array<std::string_view, classes> names{"audit", "catalog", "actions", "health", "telemetry"};

void put_text(CborEncoder* into, std::string_view text) {
    cbor_encode_text_string(into, text.data(), text.size());
}

void put_bytes(CborEncoder* into, std::string_view bytes) {
    cbor_encode_byte_string(into, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

void put_digest(CborEncoder* into, const Digest& digest) {
    cbor_encode_byte_string(into, digest.data(), digest.size());
}

}  // namespace

std::string_view text(Class kind) {
    return names.at(static_cast<std::size_t>(kind));
}

Result<Class> parse_class(std::string_view word) {
    const auto found = std::ranges::find(names, word);
    if (found == names.end())
        return fail(Code::Corrupt, "'" + std::string(word) + "' is no class of feeds; there are " +
                                       join({names.begin(), names.end()}, ", "));
    return static_cast<Class>(found - names.begin());
}

Stamp after(Stamp last, std::int64_t now) {
    if (now > last.wall) return {now, 0};
    if (last.count == std::numeric_limits<std::uint32_t>::max()) return {last.wall + 1, 0};
    return {last.wall, last.count + 1};
}

std::string named(const Feed& feed) {
    return std::string(text(feed.kind)) + " of " + hex(feed.origin).substr(0, 8);
}

Digest chained(const Feed& feed, const Digest& before, const Record& record) {
    // All else is two digests, a name, and nine heads of nine bytes at most.
    std::string bytes(record.payload.size() + record.type.size() + 256, '\0');
    CborEncoder encoder{}, all{};
    cbor_encoder_init(&encoder, reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size(), 0);
    cbor_encoder_create_array(&encoder, &all, 9);
    cbor_encode_uint(&all, format);
    put_digest(&all, feed.origin);
    put_text(&all, text(feed.kind));
    cbor_encode_uint(&all, record.sequence);
    put_digest(&all, before);
    cbor_encode_int(&all, record.at.wall);
    cbor_encode_uint(&all, record.at.count);
    put_text(&all, record.type);
    put_bytes(&all, record.payload);
    cbor_encoder_close_container(&encoder, &all);
    return sha256(
        {bytes.data(), cbor_encoder_get_buffer_size(&encoder, reinterpret_cast<std::uint8_t*>(bytes.data()))});
}

}  // namespace holdfast::feed
