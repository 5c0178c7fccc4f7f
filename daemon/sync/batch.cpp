#include "sync/batch.hpp"

#include "base/cbor.hpp"
#include "base/file.hpp"
#include "base/text.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <unistd.h>
#include <utility>

namespace holdfast::sync {

namespace {

constexpr std::string_view magic = "holdfast-batch-1";
constexpr std::size_t head_bytes = 5;  // of a frame: its kind, and its length as 32 bits, the highest first
constexpr std::size_t chain_limit = 64UL * 1024, most_certificates = 8, certificate_limit = 16UL * 1024;

std::string_view raw_text(const Digest& digest) {
    return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

// What is signed at the end: nobody takes it for anything else.
std::string to_sign(const Digest& sender, const Digest& all) {
    return cbor::write(
        Json::array({"holdfast-batch-end", 1, cbor::binary(raw_text(sender)), cbor::binary(raw_text(all))}));
}

std::string frame_head(char kind, std::size_t size) {
    std::string head(1, kind);
    for (int shift = 24; shift >= 0; shift -= 8) head += static_cast<char>(size >> static_cast<unsigned>(shift));
    return head;
}

Result<Digest> digest_of_bytes(std::string_view bytes) {
    Digest digest{};
    if (bytes.size() != digest.size()) return fail(Code::Corrupt, "a node's number is none");
    std::ranges::copy(bytes, digest.begin());
    return digest;
}

// A file from its begin to its end, with the digest of all that was read.
class Source {
public:
    static Result<Source> open(const std::filesystem::path& file) {
        Fd descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
        if (descriptor.number() < 0) return std::unexpected(system_error(errno, file, "opening"));
        return Source(file, std::move(descriptor));
    }
    // Nothing at the end of the file; Corrupt where it ends within.
    Result<std::optional<std::string>> take(std::size_t size) {
        std::string bytes(size, '\0');
        std::size_t have = 0;
        while (have < size) {
            const ssize_t got = ::read(file_.number(), bytes.data() + have, size - have);
            if (got < 0 && errno == EINTR) continue;
            if (got < 0) return std::unexpected(system_error(errno, path_, "reading"));
            if (got == 0 && have == 0) return std::nullopt;
            if (got == 0) return cut();
            have += static_cast<std::size_t>(got);
        }
        return bytes;
    }
    std::unexpected<Error> cut() const { return refuse("it is cut short; copy it again"); }
    std::unexpected<Error> refuse(const std::string& why) const {
        return fail(Code::Corrupt, path_.string() + " is no whole batch: " + why);
    }

private:
    Source(std::filesystem::path path, Fd file) : path_(std::move(path)), file_(std::move(file)) {}
    std::filesystem::path path_;
    Fd file_;
};

struct Frame {
    char kind = 0;
    std::string bytes, head;
};

Result<Frame> next_frame(Source& source) {
    auto head = TRY(source.take(head_bytes));
    if (!head) return source.cut();
    std::size_t size = 0;
    for (std::size_t i = 1; i < head_bytes; ++i) size = size << 8U | static_cast<unsigned char>((*head)[i]);
    if (size > frame_limit) return source.refuse("a part of " + std::to_string(size) + " bytes, refused");
    auto bytes = TRY(source.take(size));
    if (!bytes && size > 0) return source.cut();
    return Frame{head->front(), bytes.value_or(""), *std::move(head)};
}

Result<BatchHead> parse_head(std::string_view bytes) {
    const Json head = TRY(cbor::parse(bytes, certificate_limit));
    if (!head.is_array() || head.size() != 3 || head[0] != std::string(magic) || !head[1].is_binary() ||
        !head[2].is_number_integer())
        return fail(Code::Corrupt, "it does not begin as one");
    const auto& sender = head[1].get_binary();
    return BatchHead{TRY(digest_of_bytes({reinterpret_cast<const char*>(sender.data()), sender.size()})), head[2]};
}

}  // namespace

std::string write_chain(const std::vector<std::string>& chain) {
    Json all = Json::array();
    for (const auto& each : chain) all.push_back(cbor::binary(each));
    return cbor::write(all);
}

Result<std::vector<std::string>> parse_chain(std::string_view bytes) {
    const Json all = TRY(cbor::parse(bytes, chain_limit));
    if (!all.is_array() || all.empty() || all.size() > most_certificates)
        return fail(Code::Corrupt, "a node's certificates are none");
    std::vector<std::string> chain;
    for (const auto& each : all) {
        if (!each.is_binary()) return fail(Code::Corrupt, "a node's certificates are none");
        chain.emplace_back(each.get_binary().begin(), each.get_binary().end());
    }
    return chain;
}

std::string write_vector(const Vector& vector) {
    Json all = Json::array();
    for (const auto& [feed, next] : vector) {
        all.push_back(cbor::binary(raw_text(feed.origin)));
        all.push_back(static_cast<unsigned>(feed.kind));
        all.push_back(next);
    }
    return cbor::write(all);
}

Result<Vector> parse_vector(std::string_view bytes) {
    const Json all = TRY(cbor::parse(bytes, vector_limit));
    if (!all.is_array() || all.size() % 3 != 0) return fail(Code::Corrupt, "it does not say how far anybody is");
    Vector vector;
    for (std::size_t i = 0; i < all.size(); i += 3) {
        if (!all[i].is_binary() || !all[i + 1].is_number_unsigned() || !all[i + 2].is_number_unsigned() ||
            all[i + 1] >= feed::classes || all[i + 2] > feed::sequence_limit)
            return fail(Code::Corrupt, "it does not say how far anybody is");
        const auto& origin = all[i].get_binary();
        const Digest node = TRY(digest_of_bytes({reinterpret_cast<const char*>(origin.data()), origin.size()}));
        vector[{node, static_cast<feed::Class>(all[i + 1].get<unsigned>())}] = all[i + 2];
    }
    return vector;
}

Result<BatchWriter> BatchWriter::begin(const std::filesystem::path& file, const Digest& sender, std::int64_t made) {
    const std::string part = file.string() + ".part";
    Fd descriptor(::open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (descriptor.number() < 0) return std::unexpected(system_error(errno, part, "writing"));
    BatchWriter writer(file, std::move(descriptor), sender);
    TRY(writer.put('b', cbor::write(Json::array({std::string(magic), cbor::binary(raw_text(sender)), made}))));
    return writer;
}

Result<> BatchWriter::put(char kind, std::string_view bytes) {
    const std::string head = frame_head(kind, bytes.size());
    TRY(write_all(part_.number(), head, part_path()));
    TRY(write_all(part_.number(), bytes, part_path()));
    digest_.add(head).add(bytes);
    size_ += head.size() + bytes.size();
    return {};
}

Result<> BatchWriter::add_node(const std::vector<std::string>& chain) {
    return put('n', write_chain(chain));
}

Result<> BatchWriter::add_segment(std::string_view segment) {
    return put('s', segment);
}

Result<> BatchWriter::finish(const Vector& have, const feed::Sign& sign) {
    TRY(put('v', write_vector(have)));
    const std::string signature = TRY(sign(to_sign(sender_, std::exchange(digest_, Sha256()).finish())));
    TRY(put('e', signature));
    if (::fsync(part_.number()) != 0) return std::unexpected(system_error(errno, part_path(), "writing"));
    TRY(move_to(part_path(), file_));
    return sync_directory(std::filesystem::absolute(file_).parent_path());
}

Result<> read_batch(const std::filesystem::path& file, const BatchUse& use) {
    auto source = TRY(Source::open(file));
    const Frame first = TRY(next_frame(source));
    if (first.kind != 'b') return source.refuse("it does not begin as one");
    const BatchHead head = TRY(in(file.string(), parse_head(first.bytes)));
    TRY(use.head(head));
    Sha256 digest;
    digest.add(first.head).add(first.bytes);
    Vector have;
    while (true) {
        const Frame frame = TRY(next_frame(source));
        if (frame.kind == 'e') {
            const std::string key = TRY(use.key(head.sender));
            TRY(in(file.string(), feed::check_signature(key, to_sign(head.sender, digest.finish()), frame.bytes)));
            if (TRY(source.take(1))) return source.refuse("something stands behind its end");
            return use.end(have);
        }
        digest.add(frame.head).add(frame.bytes);
        if (frame.kind == 'n') {
            const auto chain = TRY(in(file.string(), parse_chain(frame.bytes)));
            TRY(use.node(chain));
        } else if (frame.kind == 's') {
            TRY(use.segment(frame.bytes));
        } else if (frame.kind == 'v') {
            have = TRY(in(file.string(), parse_vector(frame.bytes)));
        } else {
            return source.refuse("a part of it is none that is known; a newer Holdfast may have made it");
        }
    }
}

}  // namespace holdfast::sync
