#include "sync/batch.hpp"

#include "base/digest_cbor.hpp"
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

constexpr std::string_view family = "holdfast-batch-", magic = "holdfast-batch-1";
constexpr std::uint64_t most_number = INT64_MAX;
constexpr std::size_t head_bytes = 5;  // of a frame: its kind, and its length as 32 bits, the highest first
constexpr std::size_t chain_limit = 64UL * 1024, most_certificates = 8, certificate_limit = 16UL * 1024;

// What is signed at the end: nobody takes it for anything else.
std::string to_sign(const Digest& sender, const Digest& all) {
    return cbor::write(Json::array({"holdfast-batch-end", 1, cbor::binary(sender), cbor::binary(all)}));
}

std::string frame_head(char kind, std::size_t size) {
    std::string head(1, kind);
    for (int shift = 24; shift >= 0; shift -= 8) head += static_cast<char>(size >> static_cast<unsigned>(shift));
    return head;
}

std::unexpected<Error> refuse(const std::string& why) {
    return fail(Code::Corrupt, "no whole batch: " + why);
}

std::unexpected<Error> cut() {
    return refuse("it is cut short; copy it again");
}

// Bytes from their begin to their end.
class Source {
public:
    // Fills what it is given, as far as there is something; 0 at the end.
    using Read = std::function<Result<std::size_t>(char* into, std::size_t size)>;
    explicit Source(Read read) : read_(std::move(read)) {}
    // Nothing at the end; Corrupt where it ends within.
    Result<std::optional<std::string>> take(std::size_t size) {
        std::string bytes(size, '\0');
        std::size_t have = 0;
        while (have < size) {
            const std::size_t got = TRY(read_(bytes.data() + have, size - have));
            if (got == 0 && have == 0) return std::nullopt;
            if (got == 0) return cut();
            have += got;
        }
        return bytes;
    }

private:
    Read read_;
};

Source::Read reading(const std::filesystem::path& path, int descriptor) {
    return [path, descriptor](char* into, std::size_t size) -> Result<std::size_t> {
        ssize_t got = 0;
        do got = ::read(descriptor, into, size);
        while (got < 0 && errno == EINTR);
        if (got < 0) return std::unexpected(system_error(errno, path, "reading"));
        return static_cast<std::size_t>(got);
    };
}

struct Frame {
    char kind = 0;
    std::string bytes, head;
};

Result<Frame> next_frame(Source& source) {
    auto head = TRY(source.take(head_bytes));
    if (!head) return cut();
    std::size_t size = 0;
    for (std::size_t i = 1; i < head_bytes; ++i) size = size << 8U | static_cast<unsigned char>((*head)[i]);
    if (size > frame_limit) return refuse("a part of " + std::to_string(size) + " bytes, refused");
    auto bytes = TRY(source.take(size));
    if (!bytes && size > 0) return cut();
    return Frame{head->front(), bytes.value_or(""), *std::move(head)};
}

Result<BatchHead> parse_head(std::string_view bytes) {
    const Json head = TRY(cbor::parse(bytes, certificate_limit));
    if (head.is_array() && !head.empty() && head[0].is_string() && head[0] != std::string(magic) &&
        head[0].get<std::string>().starts_with(family))
        return fail(Code::Corrupt, "a newer Holdfast has made it; update this one first");
    if (!head.is_array() || head.size() != 4 || head[0] != std::string(magic) || !head[1].is_binary() ||
        !head[2].is_number_integer() || !head[3].is_number_unsigned() || head[3] > most_number)
        return fail(Code::Corrupt, "it does not begin as one");
    return BatchHead{TRY(cbor::digest(head[1])), head[2], head[3]};
}

Result<Question> parse_question(std::string_view bytes) {
    const Json all = TRY(cbor::parse(bytes, certificate_limit));
    if (!all.is_array() || all.size() != 3 || !all[0].is_number_unsigned() || !all[1].is_array() ||
        all[1].size() > most_sites || !all[2].is_array() || all[2].size() > 2 * most_sites || all[2].size() % 2 != 0)
        return fail(Code::Corrupt, "its question is none");
    Question question{.limit = all[0], .sites = {}, .begun = {}};
    for (std::size_t i = 0; i < all[2].size(); i += 2) {
        if (!all[2][i + 1].is_number_unsigned()) return fail(Code::Corrupt, "its question is none");
        question.begun.push_back({TRY(cbor::digest(all[2][i])), all[2][i + 1]});
    }
    for (const auto& site : all[1]) {
        if (!site.is_string()) return fail(Code::Corrupt, "its question is none");
        question.sites.push_back(site);
    }
    return question;
}

Result<std::vector<Tip>> parse_tips(std::string_view bytes) {
    const Json all = TRY(cbor::parse(bytes, certificate_limit));
    if (!all.is_array() || all.size() > feed::classes) return fail(Code::Corrupt, "its feeds end nowhere");
    std::vector<Tip> tips;
    for (const auto& each : all) {
        if (!each.is_array() || each.size() != 3 || !each[0].is_number_unsigned() || each[0] >= feed::classes ||
            !each[1].is_number_unsigned() || each[1] > feed::sequence_limit || !each[2].is_binary())
            return fail(Code::Corrupt, "its feeds end nowhere");
        tips.push_back({static_cast<feed::Class>(each[0].get<unsigned>()), each[1], TRY(cbor::digest(each[2]))});
    }
    return tips;
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
        all.push_back(cbor::binary(feed.origin));
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
        vector[{TRY(cbor::digest(all[i])), static_cast<feed::Class>(all[i + 1].get<unsigned>())}] = all[i + 2];
    }
    return vector;
}

Result<BatchWriter> BatchWriter::begin(Put put, const BatchHead& head) {
    BatchWriter writer(std::move(put), head.sender);
    TRY(writer.put('b',
                   cbor::write(Json::array({std::string(magic), cbor::binary(head.sender), head.made, head.number}))));
    return writer;
}

Result<> BatchWriter::put(char kind, std::string_view bytes) {
    const std::string head = frame_head(kind, bytes.size());
    TRY(put_(head));
    TRY(put_(bytes));
    digest_.add(head).add(bytes);
    size_ += head.size() + bytes.size();
    return {};
}

Result<> BatchWriter::add_question(const Question& question) {
    Json begun = Json::array();
    for (const auto& each : question.begun) {
        begun.push_back(cbor::binary(each.number));
        begun.push_back(each.pieces);
    }
    return put('q', cbor::write(Json::array({question.limit, question.sites, begun})));
}

Result<> BatchWriter::add_tips(const std::vector<Tip>& tips) {
    Json all = Json::array();
    for (const auto& each : tips)
        all.push_back(Json::array({static_cast<unsigned>(each.kind), each.next, cbor::binary(each.last)}));
    return put('t', cbor::write(all));
}

Result<> BatchWriter::add_reply(std::uint64_t number) {
    return put('r', cbor::write(number));
}

Result<> BatchWriter::add_node(const std::vector<std::string>& chain) {
    return put('n', write_chain(chain));
}

Result<> BatchWriter::add_segment(std::string_view segment) {
    return put('s', segment);
}

Result<> BatchWriter::add_snapshot(const feed::Snapshot& snapshot) {
    return put('h', cbor::write(Json::array({cbor::binary(snapshot.signed_head), cbor::binary(snapshot.signature)})));
}

Result<> BatchWriter::add_piece(const Digest& number, std::uint64_t at, std::string_view piece) {
    return put('p', cbor::write(Json::array({cbor::binary(number), at, cbor::binary(piece)})));
}

Result<> BatchWriter::finish(const Vector& have, const feed::Sign& sign) {
    TRY(put('v', write_vector(have)));
    const std::string signature = TRY(sign(to_sign(sender_, std::exchange(digest_, Sha256()).finish())));
    return put('e', signature);
}

Result<BatchFile> BatchFile::begin(const std::filesystem::path& file) {
    const std::string part = file.string() + ".part";
    Fd descriptor(::open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (descriptor.number() < 0) return std::unexpected(system_error(errno, part, "writing"));
    return BatchFile(file, std::move(descriptor));
}

BatchFile::~BatchFile() {
    std::error_code none;
    if (part_.number() >= 0) std::filesystem::remove(part_path(), none);
}

BatchWriter::Put BatchFile::put() {
    return [number = part_.number(), path = part_path()](std::string_view bytes) {
        return write_all(number, bytes, path);
    };
}

Result<> BatchFile::finish() {
    if (::fsync(part_.number()) != 0) return std::unexpected(system_error(errno, part_path(), "writing"));
    TRY(move_to(part_path(), file_));
    part_ = Fd();
    return sync_directory(std::filesystem::absolute(file_).parent_path());
}

namespace {

std::string bytes_of(const Json& value) {
    const auto& bytes = value.get_binary();
    return {bytes.begin(), bytes.end()};
}

Result<> use_snapshot(std::string_view bytes, const BatchUse& use) {
    const Json all = TRY(cbor::parse(bytes, frame_limit));
    if (!all.is_array() || all.size() != 2 || !all[0].is_binary() || !all[1].is_binary())
        return refuse("a snapshot in it is none");
    const auto snapshot = TRY(feed::read_snapshot(bytes_of(all[0]), bytes_of(all[1])));
    return use.snapshot ? use.snapshot(snapshot) : Result<>();
}

Result<> use_piece(std::string_view bytes, const BatchUse& use) {
    const Json all = TRY(cbor::parse(bytes, frame_limit));
    if (!all.is_array() || all.size() != 3 || !all[1].is_number_unsigned() || !all[2].is_binary())
        return refuse("a piece of a snapshot in it is none");
    const Digest number = TRY(cbor::digest(all[0]));
    return use.piece ? use.piece(number, all[1], bytes_of(all[2])) : Result<>();
}

// What is neither its begin nor its end.
Result<> use_frame(const Frame& frame, const BatchUse& use, Vector& have) {
    switch (frame.kind) {
        case 'q':
            if (const auto question = TRY(parse_question(frame.bytes)); use.question) return use.question(question);
            return {};
        case 't': {
            auto tips = TRY(parse_tips(frame.bytes));
            return use.tips ? use.tips(std::move(tips)) : Result<>();
        }
        case 'r':
            if (const Json number = TRY(cbor::parse(frame.bytes, certificate_limit)); !number.is_number_unsigned())
                return refuse("what it answers is no number");
            else if (use.reply)
                return use.reply(number);
            return {};
        case 'n': {
            const auto chain = TRY(parse_chain(frame.bytes));
            return use.node(chain);
        }
        case 's': return use.segment(frame.bytes);
        case 'h': return use_snapshot(frame.bytes, use);
        case 'p': return use_piece(frame.bytes, use);
        case 'v': have = TRY(parse_vector(frame.bytes)); return {};
        default: return refuse("a part of it is none that is known; a newer Holdfast may have made it");
    }
}

Result<> read_all(Source& source, const BatchUse& use) {
    const Frame first = TRY(next_frame(source));
    if (first.kind != 'b') return refuse("it does not begin as one");
    const BatchHead head = TRY(parse_head(first.bytes));
    TRY(use.head(head));
    Sha256 digest;
    digest.add(first.head).add(first.bytes);
    Vector have;
    while (true) {
        const Frame frame = TRY(next_frame(source));
        if (frame.kind == 'e') {
            const std::string key = TRY(use.key(head.sender));
            TRY(feed::check_signature(key, to_sign(head.sender, digest.finish()), frame.bytes));
            if (TRY(source.take(1))) return refuse("something stands behind its end");
            return use.end(have);
        }
        digest.add(frame.head).add(frame.bytes);
        TRY(use_frame(frame, use, have));
    }
}

}  // namespace

Result<std::vector<std::filesystem::path>> batches_in(const std::vector<std::filesystem::path>& places) {
    std::vector<std::filesystem::path> all;
    for (const auto& place : places) {
        std::error_code error;
        if (!std::filesystem::is_directory(place, error)) {
            if (!std::filesystem::exists(place, error))
                return fail(Code::NotFound, place.string() + ": there is no such file");
            all.push_back(place);
            continue;
        }
        std::vector<std::filesystem::path> here;
        for (const auto& each : std::filesystem::directory_iterator(place, error))
            if (each.path().extension() == batch_ending) here.push_back(each.path());
        if (here.empty())
            return fail(Code::NotFound, place.string() + ": no batch is in it (*" + std::string(batch_ending) + ")");
        std::ranges::sort(here);
        all.insert(all.end(), here.begin(), here.end());
    }
    return all;
}

Result<> read_batch(const std::filesystem::path& file, const BatchUse& use) {
    const Fd descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (descriptor.number() < 0) return std::unexpected(system_error(errno, file, "opening"));
    Source source(reading(file, descriptor.number()));
    return in(file.string(), read_all(source, use));
}

Result<> read_message(std::string_view bytes, const std::string& name, const BatchUse& use) {
    Source source([&bytes](char* into, std::size_t size) -> Result<std::size_t> {
        const std::size_t some = bytes.copy(into, size);
        bytes.remove_prefix(some);
        return some;
    });
    return in(name, read_all(source, use));
}

}  // namespace holdfast::sync
