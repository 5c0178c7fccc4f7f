// Any bytes as the head of an HTTP answer: refused, or bytes that were asked for.
#include "base/http_head.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

void try_range(std::string_view text) {
    const auto range = holdfast::http::parse_content_range(text);
    if (!range) return;
    require(range->begin < range->end && range->end <= range->total.value_or(range->end));
    const std::string again = "bytes " + std::to_string(range->begin) + "-" + std::to_string(range->end - 1) + "/" +
                              (range->total ? std::to_string(*range->total) : "*");
    require(holdfast::http::parse_content_range(again) == range);
}

void try_answer(const holdfast::http::Answer& answer, const holdfast::http::Request& request) {
    const auto head = holdfast::http::judge(answer, request);
    if (!head) return;
    require(head->status == 200 || head->status == 206);
    require(head->begins_at == (head->status == 200 ? 0 : request.from));
    require(head->etag.empty() || holdfast::http::is_strong_etag(head->etag));
    if (head->status == 206 && request.to) require(head->begins_at + *head->length <= *request.to);
    if (head->total && head->length) require(head->begins_at + *head->length <= *head->total);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    try_range(text);
    holdfast::http::HeadReader reader;
    for (std::size_t at = 0; at < size && !reader.whole();) {
        const auto end = std::min(text.find('\n', at), size - 1) + 1;
        if (!reader.add(text.substr(at, end - at))) return 0;
        at = end;
    }
    if (!reader.whole() || holdfast::http::is_redirect(reader.answer())) return 0;
    try_answer(reader.answer(), {});
    try_answer(reader.answer(), {.from = 500});
    try_answer(reader.answer(), {.from = 0, .to = 100, .if_range = "\"a\""});
    return 0;
}
