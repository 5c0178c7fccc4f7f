#include "content/bundle.hpp"

#include "base/digest.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <openssl/evp.h>

namespace holdfast::content {

namespace {

std::string base64(std::string_view bytes) {
    std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
    const int size =
        EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                        reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
    text.resize(static_cast<std::size_t>(size));
    return text;
}

Result<std::string> from_base64(std::string_view text) {
    if (text.size() % 4 != 0) return fail(Code::Corrupt, "not base64");
    std::string bytes(text.size() / 4 * 3, '\0');
    const int size =
        EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                        reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
    if (size < 0) return fail(Code::Corrupt, "not base64");
    const auto padding = std::ranges::count(text.substr(text.size() - std::min<std::size_t>(text.size(), 2)), '=');
    bytes.resize(static_cast<std::size_t>(size) - static_cast<std::size_t>(padding));
    return bytes;
}

// A ref as ostree takes it: parts of [A-Za-z0-9._-], none empty or only dots.
bool is_ref(const std::string& text) {
    if (text.empty() || text.size() > 255) return false;
    for (const auto& part : split(text, '/')) {
        if (part.find_first_not_of('.') == part.npos) return false;
        for (const char c : part)
            if (!std::isalnum(static_cast<unsigned char>(c)) && !std::string_view("._-+").contains(c)) return false;
    }
    return true;
}

Result<std::uint64_t> whole(const Json& value, const char* key, std::uint64_t limit) {
    const auto found = value.find(key);
    if (found == value.end() || !found->is_number_unsigned() || found->get<std::uint64_t>() > limit)
        return fail(Code::Corrupt, std::string("'") + key + "' is not a whole number up to " + std::to_string(limit));
    return found->get<std::uint64_t>();
}

constexpr std::uint64_t disk_limit = 1ULL << 44U;  // 16 TiB

Result<std::string> decoded(const Json& json, const char* key, std::size_t limit) {
    const std::string text = TRY(json::text(json, key, 2 * limit));
    return in(key, from_base64(text));
}

Result<> check(const Content& content) {
    if (!is_ref(content.ref)) return fail(Code::Corrupt, "'" + content.ref + "' is no ref");
    if (!is_sha256(content.commit) || (!content.from.empty() && !is_sha256(content.from)))
        return fail(Code::Corrupt, content.ref + ": a commit is 64 hexadecimal digits");
    if (sha256_hex(content.object) != content.commit)
        return fail(Code::Corrupt, content.ref + ": the commit object is not the one its checksum names");
    return {};
}

Result<Content> parse_content(const Json& json) {
    TRY(json::only(json, {"ref", "commit", "from", "object", "signature", "first", "chunks", "unpacked", "objects"}));
    Content content;
    content.ref = TRY(json::text(json, "ref", 255));
    content.commit = TRY(json::text(json, "commit", 64));
    content.from = TRY(json::text(json, "from", 64));
    content.object = TRY(decoded(json, "object", commit_limit));
    content.signature = TRY(decoded(json, "signature", signature_limit));
    content.first = TRY(whole(json, "first", chunks_limit));
    content.chunks = TRY(whole(json, "chunks", chunks_limit));
    content.unpacked = TRY(whole(json, "unpacked", disk_limit));
    content.objects = TRY(whole(json, "objects", disk_limit));
    TRY(check(content));
    return content;
}

Result<Chunk> parse_chunk(const Json& json) {
    if (!json.is_array() || json.size() != 2 || !json[0].is_number_unsigned() || !json[1].is_string())
        return fail(Code::Corrupt, "a chunk is [size, digest]");
    Chunk chunk{json[0].get<std::uint64_t>(), json[1].get<std::string>()};
    if (chunk.size == 0 || chunk.size > chunk_limit || !is_sha256(chunk.sha256))
        return fail(Code::Corrupt, "a chunk is of at most " + std::to_string(chunk_limit) + " bytes, with a digest");
    return chunk;
}

// Every chunk belongs to exactly one content, in order.
Result<> check_order(const Header& header) {
    std::uint64_t next = 0;
    for (const auto& content : header.contents) {
        if (content.first != next)
            return fail(Code::Corrupt, content.ref + ": its chunks do not follow the ones before");
        next += content.chunks;
    }
    if (next != header.chunks.size()) return fail(Code::Corrupt, "the chunks are not those of the contents");
    return {};
}

Result<Json> array_of(const Json& json, const char* key, std::size_t limit) {
    const auto found = json.find(key);
    if (found == json.end() || !found->is_array() || found->empty() || found->size() > limit)
        return fail(Code::Corrupt, std::string("'") + key + "' is no list of 1 to " + std::to_string(limit));
    return *found;
}

std::uint32_t number_at(std::string_view bytes, std::size_t at) {
    std::uint32_t value = 0;
    for (unsigned i = 0; i < 4; ++i)
        value |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[at + i])) << (8U * i);
    return value;
}

std::string number_bytes(std::size_t value) {
    std::string bytes;
    for (unsigned i = 0; i < 4; ++i) bytes += static_cast<char>(value >> (8U * i) & 0xFFU);
    return bytes;
}

constexpr std::size_t contents_limit = 256;

}  // namespace

std::string bundle_path(const std::string& to, const std::string& from) {
    return "bundles/" + to + "/" + (from.empty() ? "full" : from) + ".bundle";
}

std::uint64_t Header::offset_of(std::size_t chunk) const {
    std::uint64_t at = 0;
    for (std::size_t i = 0; i < chunk; ++i) at += chunks[i].size;
    return at;
}

std::uint64_t Header::payload() const {
    return offset_of(chunks.size());
}

std::string write_header(const Header& header) {
    Json contents = Json::array(), chunks = Json::array();
    for (const auto& c : header.contents)
        contents.push_back({{"ref", c.ref},
                            {"commit", c.commit},
                            {"from", c.from},
                            {"object", base64(c.object)},
                            {"signature", base64(c.signature)},
                            {"first", c.first},
                            {"chunks", c.chunks},
                            {"unpacked", c.unpacked},
                            {"objects", c.objects}});
    for (const auto& chunk : header.chunks) chunks.push_back(Json::array({chunk.size, chunk.sha256}));
    return json::write({{"format", 1}, {"packers", header.packers}, {"contents", contents}, {"chunks", chunks}});
}

Result<Header> parse_header(std::string_view text) {
    const Json json = TRY(json::parse(text, header_limit));
    TRY(json::only(json, {"format", "packers", "contents", "chunks"}));
    if (TRY(whole(json, "format", 1000)) != 1)
        return fail(Code::Corrupt, "the bundle is of a newer format than this version of Holdfast reads");
    Header header;
    header.packers = TRY(json::text(json, "packers", 256));
    const Json contents = TRY(array_of(json, "contents", contents_limit));
    for (const auto& each : contents) header.contents.push_back(TRY(parse_content(each)));
    const Json chunks = TRY(array_of(json, "chunks", chunks_limit));
    for (const auto& each : chunks) header.chunks.push_back(TRY(parse_chunk(each)));
    TRY(check_order(header));
    return header;
}

std::string write_prefix(const Sizes& sizes) {
    return std::string(bundle_magic) + number_bytes(sizes.header) + number_bytes(sizes.signature);
}

Result<Sizes> parse_prefix(std::string_view bytes) {
    if (bytes.size() < bundle_prefix || !bytes.starts_with(bundle_magic))
        return fail(Code::Corrupt, "not a bundle of Holdfast");
    const Sizes sizes{number_at(bytes, bundle_magic.size()), number_at(bytes, bundle_magic.size() + 4)};
    if (sizes.header > header_limit || sizes.signature > signature_limit)
        return fail(Code::Corrupt, "the bundle's header is larger than any that Holdfast writes");
    return sizes;
}

}  // namespace holdfast::content
