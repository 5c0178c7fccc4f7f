#include "content/delta.hpp"

#include "content/bundle.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast;
using namespace holdfast::content;

namespace {

// Writes down what it is given.
struct Notes final : Records {
    std::string text;
    Result<> take(const MetadataRecord& record) override {
        text += "metadata " + std::to_string(record.type) + " " + std::string(record.bytes) + "; ";
        return {};
    }
    Result<> take(const SymlinkRecord& record) override {
        text += "symlink " + std::string(record.target) + "; ";
        return {};
    }
    Result<> begin(const FileRecord& record) override {
        text += "file of " + std::to_string(record.plain()) + ": ";
        return {};
    }
    Result<> bytes(std::string_view bytes) override {
        text += bytes;
        return {};
    }
    Result<> finish() override {
        text += "; ";
        return {};
    }
};

constexpr Owner regular{0, 0, 0100644}, link{0, 0, 0120777};

std::string three_records() {
    Writer to;
    write_record(to, MetadataRecord{2, "tree"});
    write_record(to, SymlinkRecord{link, "usr/lib"});
    write_record(to, FileRecord{regular, "", {{Packing::None, 3, 3}, {Packing::Zstd, 20, 4}}});
    return to.str();
}

std::string sentence(const Result<>& result) {
    return result ? "fine" : result.error().what;
}

}  // namespace

BOOST_AUTO_TEST_CASE(records_come_back_in_order_and_files_over_the_ends_of_chunks) {
    Notes notes;
    RecordParser parser(notes);
    BOOST_TEST(sentence(parser.add(three_records() + "ab")) == "fine");
    BOOST_TEST(sentence(parser.end()).contains("5 bytes before the end of a file"));
    BOOST_TEST(sentence(parser.add("cdefg")) == "fine");
    BOOST_TEST(sentence(parser.end()) == "fine");
    BOOST_TEST(notes.text == "metadata 2 tree; symlink usr/lib; file of 7: abcdefg; ");
}

BOOST_AUTO_TEST_CASE(an_empty_file_is_finished_at_once) {
    Notes notes;
    RecordParser parser(notes);
    Writer to;
    write_record(to, FileRecord{regular, "", {}});
    write_record(to, MetadataRecord{3, "m"});
    BOOST_TEST(sentence(parser.add(to.str())) == "fine");
    BOOST_TEST(notes.text == "file of 0: ; metadata 3 m; ");
}

BOOST_AUTO_TEST_CASE(a_record_cut_anywhere_is_refused) {
    const std::string whole = three_records();
    for (std::size_t size = 1; size < whole.size(); ++size) {
        Notes notes;
        RecordParser parser(notes);
        if (parser.add(whole.substr(0, size))) BOOST_TEST(notes.text.size() < 60U);
    }
    for (const auto& wrong : {Owner{0, 0, 0040755}, Owner{0, 0, 0120777}}) {
        Notes notes;
        RecordParser parser(notes);
        Writer to;
        write_record(to, FileRecord{wrong, "", {}});
        BOOST_TEST(sentence(parser.add(to.str())).contains("a file that is none"));
    }
}

BOOST_AUTO_TEST_CASE(the_head_of_a_chunk_comes_back) {
    const ChunkHead head{
        {{Range::Of::Old, 17, {{Packing::Zstd, 100, 400}}, 300, 100}, {Range::Of::Fresh, 2, {}, 0, 50}}, 1234};
    const std::string bytes = write_chunk(head, "frame");
    const auto parsed = parse_chunk(bytes).value();
    BOOST_TEST((parsed.head == head));
    BOOST_TEST(parsed.frame == "frame");
    for (std::size_t size = 0; size < bytes.size() - 5; ++size) BOOST_TEST(!parse_chunk(bytes.substr(0, size)));
}

BOOST_AUTO_TEST_CASE(a_chunk_that_asks_for_too_much_is_refused) {
    const Range large{Range::Of::Old, 0, {}, 0, prefix_limit};
    BOOST_TEST(parse_chunk(write_chunk({{large}, plain_limit}, "")).has_value());
    BOOST_TEST((parse_chunk(write_chunk({{large, large}, 1}, "")).error().code == Code::Corrupt));
    BOOST_TEST((parse_chunk(write_chunk({{}, plain_limit + 1}, "")).error().code == Code::Corrupt));
    BOOST_TEST((parse_chunk(std::string(chunk_limit + 1, '\0')).error().code == Code::Corrupt));
}
