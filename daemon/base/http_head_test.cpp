#include "base/http_head.hpp"

#include <boost/test/unit_test.hpp>
#include <initializer_list>

using namespace holdfast;
using namespace holdfast::http;

namespace {

HeadReader read(std::initializer_list<std::string_view> lines) {
    HeadReader reader;
    for (const auto line : lines) BOOST_REQUIRE(reader.add(std::string(line) + "\r\n").has_value());
    BOOST_REQUIRE(reader.add("\r\n").has_value());
    return reader;
}

Result<Head> judge_lines(std::initializer_list<std::string_view> lines, const Request& request = {}) {
    return judge(read(lines).answer(), request);
}

Error refused(std::initializer_list<std::string_view> lines, const Request& request = {}) {
    const auto head = judge_lines(lines, request);
    BOOST_REQUIRE(!head.has_value());
    BOOST_TEST_MESSAGE(head.error().what);
    return head.error();
}

Code code(int status) {
    return refused({"HTTP/1.1 " + std::to_string(status) + " "}).code;
}

}  // namespace

BOOST_AUTO_TEST_CASE(ranges_are_parsed_strictly) {
    BOOST_TEST((parse_content_range("bytes 0-99/1234") == Range{0, 100, 1234}));
    BOOST_TEST((parse_content_range("Bytes 5-5/6") == Range{5, 6, 6}));
    BOOST_TEST((parse_content_range("bytes 5-9/*") == Range{5, 10, {}}));
    BOOST_TEST((parse_content_range("bytes 0-9223372036854775806/9223372036854775807") ==
                Range{0, 9223372036854775807U, 9223372036854775807U}));
    for (const auto* text : {"", "bytes", "bytes ", "bytes */100", "bytes 9-5/100", "bytes 0-99/99", "bytes 0-99",
                             "bytes 0/1-2", "bytes -1-5/9", "bytes 0-5/", "bytes 0-5/9 ", "bytes +0-5/9", "items 0-5/9",
                             "bytes 0-0x5/9", "bytes 0-18446744073709551615/*", "bytes 0-99999999999999999999/*"})
        BOOST_TEST_CONTEXT(text) BOOST_TEST(!parse_content_range(text).has_value());
}

BOOST_AUTO_TEST_CASE(only_strong_etags_stand_for_bytes) {
    BOOST_TEST(is_strong_etag("\"5f-1a\""));
    BOOST_TEST(is_strong_etag("\"\""));
    for (const std::string_view text : {"", "\"", "W/\"5f\"", "5f", "\"a\"b\"", "\"a b\"", "\"a\r\nX: y\""})
        BOOST_TEST(!is_strong_etag(text));
    BOOST_TEST(!is_strong_etag("\"" + std::string(300, 'x') + "\""));
    BOOST_TEST(judge_lines({"HTTP/1.1 200 OK", "ETag: W/\"5f\""}).value().etag == "");
    BOOST_TEST(judge_lines({"HTTP/1.1 200 OK", "etag:\"5f\""}).value().etag == "\"5f\"");
}

BOOST_AUTO_TEST_CASE(a_whole_file_begins_at_its_beginning_whatever_was_asked_for) {
    const auto head = judge_lines({"HTTP/1.1 200 OK", "Content-Length: 1000"}, {.from = 500});
    BOOST_REQUIRE(head.has_value());
    BOOST_TEST(head->begins_at == 0U);
    BOOST_TEST(head->total.value() == 1000U);
    BOOST_TEST(head->length.value() == 1000U);
    BOOST_TEST(!judge_lines({"HTTP/1.1 200 OK"}).value().total.has_value());
}

BOOST_AUTO_TEST_CASE(a_part_is_the_one_that_was_asked_for) {
    const Request request{.from = 500, .to = 600};
    const auto head = judge_lines({"HTTP/1.1 206 Partial Content", "Content-Range: bytes 500-599/1000"}, request);
    BOOST_REQUIRE(head.has_value());
    BOOST_TEST(head->begins_at == 500U);
    BOOST_TEST(head->total.value() == 1000U);
    BOOST_TEST(head->length.value() == 100U);
    BOOST_TEST(judge_lines({"HTTP/1.1 206 P", "Content-Range: bytes 500-549/*"}, request).value().length.value() ==
               50U);
    for (const std::string_view range :
         {"bytes 0-99/1000", "bytes 501-599/1000", "bytes 500-600/1000", "bytes 500-599/9"})
        BOOST_TEST(
            (refused({"HTTP/1.1 206 P", "Content-Range: " + std::string(range)}, request).code == Code::Corrupt));
    BOOST_TEST((refused({"HTTP/1.1 206 P"}, request).code == Code::Corrupt));
    BOOST_TEST((refused({"HTTP/1.1 206 P", "Content-Range: bytes 0-9/10"}).code == Code::Corrupt));
    BOOST_TEST((refused({"HTTP/1.1 206 P", "Content-Range: bytes 500-599/1000", "Content-Length: 99"}, request).code ==
                Code::Corrupt));
}

BOOST_AUTO_TEST_CASE(a_part_of_another_file_is_refused) {
    const Request request{.from = 5, .if_range = "\"a\""};
    BOOST_TEST(judge_lines({"HTTP/1.1 206 P", "Content-Range: bytes 5-9/10", "ETag: \"a\""}, request).has_value());
    BOOST_TEST(
        (refused({"HTTP/1.1 206 P", "Content-Range: bytes 5-9/10", "ETag: \"b\""}, request).code == Code::Corrupt));
}

BOOST_AUTO_TEST_CASE(a_status_has_a_code) {
    for (const int status : {404, 410}) BOOST_TEST((code(status) == Code::NotFound));
    for (const int status : {400, 401, 403, 405, 407, 451}) BOOST_TEST((code(status) == Code::Denied));
    for (const int status : {408, 425, 429, 500, 502, 503, 504, 599}) BOOST_TEST((code(status) == Code::Offline));
    for (const int status : {204, 226, 302, 304, 416, 999}) BOOST_TEST((code(status) == Code::Corrupt));
    const auto gone = refused({"HTTP/1.1 416 R", "Content-Range: bytes */100"}, {.from = 500});
    BOOST_TEST(gone.what.contains("416: the file has no bytes 500- (bytes */100)"), gone.what);
}

BOOST_AUTO_TEST_CASE(interim_answers_and_fields_after_the_body_count_for_nothing) {
    HeadReader reader;
    for (const auto* line : {"HTTP/1.1 103 Early Hints\r\n", "ETag: \"early\"\r\n", "\r\n"})
        BOOST_REQUIRE(reader.add(line).has_value());
    BOOST_TEST(!reader.whole());
    for (const auto* line : {"HTTP/1.1 200 OK\r\n", "Transfer-Encoding: chunked\r\n", "Content-Length: 5\r\n", "\r\n"})
        BOOST_REQUIRE(reader.add(line).has_value());
    BOOST_TEST(reader.whole());
    BOOST_REQUIRE(reader.add("ETag: \"late\"\r\n").has_value());
    const auto head = judge(reader.answer(), {});
    BOOST_REQUIRE(head.has_value());
    BOOST_TEST(head->etag == "");
    BOOST_TEST(!head->length.has_value());
}

BOOST_AUTO_TEST_CASE(a_redirect_has_somewhere_to_go) {
    BOOST_TEST(is_redirect(read({"HTTP/1.1 302 Found", "Location: /there"}).answer()));
    BOOST_TEST(!is_redirect(read({"HTTP/1.1 302 Found"}).answer()));
    BOOST_TEST(!is_redirect(read({"HTTP/1.1 304 Not Modified", "Location: /there"}).answer()));
}

BOOST_AUTO_TEST_CASE(heads_that_make_no_sense_are_refused) {
    BOOST_TEST(!HeadReader().add("HTTP/1.1\r\n").has_value());
    BOOST_TEST(!HeadReader().add("HTTP/1.1 0x2 OK\r\n").has_value());
    for (const auto* line : {"Content-Length: 6\r\n", "Content-Length: -5\r\n", "Content-Length: 5, 5\r\n"}) {
        HeadReader reader = [] {
            HeadReader begun;
            BOOST_REQUIRE(begun.add("HTTP/1.1 200 OK\r\n").has_value());
            BOOST_REQUIRE(begun.add("Content-Length: 5\r\n").has_value());
            return begun;
        }();
        BOOST_TEST((reader.add(line).error().code == Code::Corrupt));
    }
}

BOOST_AUTO_TEST_CASE(a_head_is_limited) {
    HeadReader reader;
    const std::string line = "X-Filler: " + std::string(1000, 'x') + "\r\n";
    Result<> added;
    std::size_t bytes = 0;
    while ((added = reader.add(line)).has_value()) bytes += line.size();
    BOOST_TEST((added.error().code == Code::Corrupt));
    BOOST_TEST(bytes <= HeadReader::limit);
}
