// The head of an HTTP answer, line by line as libcurl hands it on, and what it means for what was asked (RFC 9110).
#pragma once

#include "base/http.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::http {

// Content-Range: bytes FIRST-LAST/TOTAL, where TOTAL may be unknown, `*`.
struct Range {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;  // behind the last byte
    std::optional<std::uint64_t> total;
    bool operator==(const Range&) const = default;
};
std::optional<Range> parse_content_range(std::string_view text);

// "…" with no space or control character in it and at most 256 bytes: fit to be sent back in If-Range.
bool is_strong_etag(std::string_view text);

struct Answer {
    int status = 0;
    std::optional<std::uint64_t> length;  // Content-Length, where the body is not sent in chunks
    std::optional<std::string> range;     // Content-Range
    std::string etag;                     // as in Head
    std::string location;
    bool chunked = false;
};

class HeadReader {
public:
    static constexpr std::size_t limit = 32UL * 1024;  // bytes of all lines of one exchange

    // Takes a line with its end. Corrupt: too many bytes, no status, or a length that is none.
    Result<> add(std::string_view line);
    // The empty line was there, and it was not the one of an interim answer (1xx).
    bool whole() const { return whole_; }
    const Answer& answer() const { return answer_; }

private:
    Result<> begin(std::string_view line);
    Result<> field(std::string_view name, std::string_view value);
    Answer answer_;
    std::size_t bytes_ = 0;
    bool whole_ = false;
};

// An answer that leads elsewhere.
bool is_redirect(const Answer& answer);

// What begins after a whole head; the Error where it is not what was asked for.
Result<Head> judge(const Answer& answer, const Request& request);

}  // namespace holdfast::http
