#include "base/http_head.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace holdfast::http {

namespace {

// Digits and nothing else, no more than a file can have bytes.
std::optional<std::uint64_t> number(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.begin(), text.end(), value);
    if (error != std::errc() || end != text.end()) return {};
    if (value > std::uint64_t{std::numeric_limits<std::int64_t>::max()}) return {};
    return value;
}

std::string lower(std::string_view text) {
    std::string result(text);
    for (char& c : result)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return result;
}

bool asks_for_part(const Request& request) {
    return request.from > 0 || request.to.has_value();
}

// As HTTP writes it, with the last byte.
std::string bytes(std::uint64_t begin, std::optional<std::uint64_t> end) {
    return "bytes " + std::to_string(begin) + "-" + (end ? std::to_string(*end - 1) : "");
}

std::unexpected<Error> refuse_status(const Answer& answer, const Request& request) {
    const std::string status = "the server answers " + std::to_string(answer.status);
    switch (answer.status) {
        case 404:
        case 410: return fail(Code::NotFound, status + ": it has no such file");
        case 401:
        case 403: return fail(Code::Denied, status + ": it does not let us have the file");
        case 408:
        case 425:
        case 429: return fail(Code::Offline, status + ": it wants to be asked again later");
        case 416:
            return fail(Code::Corrupt, status + ": the file has no " + bytes(request.from, request.to) +
                                           (answer.range ? " (" + valid_utf8(*answer.range) + ")" : "") +
                                           "; it is another one now, begin anew");
        default: break;
    }
    if (answer.status >= 600) return fail(Code::Corrupt, status + ", which is no status");
    if (answer.status >= 500) return fail(Code::Offline, status + ": it is in trouble, try again later");
    if (answer.status >= 400) return fail(Code::Denied, status + ": it refuses the request");
    return fail(Code::Corrupt, status + ", which is no answer to this request");
}

Result<Head> judge_part(const Answer& answer, const Request& request) {
    const auto range = parse_content_range(answer.range.value_or(""));
    if (!range) return fail(Code::Corrupt, "the server answers 206 without a range of bytes that makes sense");
    if (range->begin != request.from || range->end > request.to.value_or(range->end))
        return fail(Code::Corrupt, "asked for " + bytes(request.from, request.to) + ", the server answers with " +
                                       bytes(range->begin, range->end));
    const std::uint64_t length = range->end - range->begin;
    if (answer.length.value_or(length) != length)
        return fail(Code::Corrupt,
                    "the server contradicts itself about the length of " + bytes(range->begin, range->end));
    if (!request.if_range.empty() && !answer.etag.empty() && answer.etag != request.if_range)
        return fail(Code::Corrupt, "the server answers with a part of another file than was asked for");
    return Head{206, range->total, range->begin, length, answer.etag};
}

}  // namespace

std::optional<Range> parse_content_range(std::string_view text) {
    constexpr std::string_view unit = "bytes ";
    if (lower(text.substr(0, unit.size())) != unit) return {};
    const std::string_view rest = text.substr(unit.size());
    const auto dash = rest.find('-');
    const auto slash = rest.find('/');
    if (dash == std::string_view::npos || slash == std::string_view::npos || dash > slash) return {};
    const auto first = number(rest.substr(0, dash));
    const auto last = number(rest.substr(dash + 1, slash - dash - 1));
    const auto total = number(rest.substr(slash + 1));
    if (!first || !last || *first > *last) return {};
    if (!total && rest.substr(slash + 1) != "*") return {};
    if (total && *last >= *total) return {};
    return Range{*first, *last + 1, total};
}

bool is_strong_etag(std::string_view text) {
    if (text.size() < 2 || text.size() > 256 || !text.starts_with('"') || !text.ends_with('"')) return false;
    return std::ranges::none_of(text.substr(1, text.size() - 2),
                                [](unsigned char c) { return c <= ' ' || c == '"' || c == 127; });
}

Result<> HeadReader::begin(std::string_view line) {
    // "HTTP/1.1 206 Partial Content"; libcurl has seen to the first word.
    const auto space = line.find(' ');
    const auto status = space == std::string_view::npos ? std::nullopt : number(line.substr(space + 1, 3));
    if (!status || *status < 100) return fail(Code::Corrupt, "the server's answer is not HTTP");
    answer_ = {.status = static_cast<int>(*status)};
    return {};
}

Result<> HeadReader::field(std::string_view name, std::string_view value) {
    const std::string key = lower(name);
    if (key == "etag" && is_strong_etag(value)) answer_.etag = value;
    if (key == "location") answer_.location = value;
    if (key == "content-range") answer_.range = value;
    if (key == "transfer-encoding") answer_.chunked = true;
    if (key != "content-length") return {};
    const auto length = number(value);
    if (!length || answer_.length.value_or(*length) != *length)
        return fail(Code::Corrupt, "the server announces no length that makes sense: '" + valid_utf8(value) + "'");
    answer_.length = length;
    return {};
}

Result<> HeadReader::add(std::string_view line) {
    bytes_ += line.size();
    if (bytes_ > limit)
        return fail(Code::Corrupt,
                    "the head of the server's answer is larger than " + std::to_string(limit) + " bytes");
    if (whole_) return {};  // fields after the chunks of a body
    if (line.starts_with("HTTP/")) return begin(line);
    const std::string_view text = trim(line);
    if (text.empty()) {
        whole_ = answer_.status >= 200;
        return {};
    }
    const auto colon = text.find(':');
    if (colon == std::string_view::npos || line.front() == ' ' || line.front() == '\t') return {};
    return field(text.substr(0, colon), trim(text.substr(colon + 1)));
}

bool is_redirect(const Answer& answer) {
    constexpr std::array statuses{301, 302, 303, 307, 308};
    return std::ranges::contains(statuses, answer.status) && !answer.location.empty();
}

Result<Head> judge(const Answer& given, const Request& request) {
    Answer answer = given;
    if (answer.chunked) answer.length.reset();  // RFC 9112, 6.3
    if (answer.status == 200) return Head{200, answer.length, 0, answer.length, answer.etag};
    if (answer.status == 206 && asks_for_part(request)) return judge_part(answer, request);
    return refuse_status(answer, request);
}

}  // namespace holdfast::http
