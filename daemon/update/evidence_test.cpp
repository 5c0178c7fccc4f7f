#include "update/evidence.hpp"

#include "base/file.hpp"
#include "base/scratch.hpp"

#include <boost/test/unit_test.hpp>
#include <fcntl.h>
#include <sys/stat.h>

using namespace holdfast;
using namespace holdfast::update;

namespace {

struct Box {
    Scratch scratch = Scratch::make("evidence").value();
    std::filesystem::path root = scratch.path();

    void log(const std::string& name, const std::string& text, std::int64_t modified) const {
        const auto file = root / name;
        std::filesystem::create_directories(file.parent_path());
        write_whole(file, text).value();
        const timespec times[2] = {{modified, 0}, {modified, 0}};
        BOOST_REQUIRE(::utimensat(AT_FDCWD, file.c_str(), times, 0) == 0);
    }
};

const std::string panic = "<0>[    4.2] Kernel panic - not syncing: VFS: Unable to mount root fs\r\n<0>[ 4.3] CPU: 0\n";

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_note_is_for_its_commit_alone_until_it_is_forgotten, Box) {
    BOOST_TEST(gather(root, "c1", 0).red.empty());
    note_red(root, "c1", "the pump does not answer").value();
    BOOST_TEST(gather(root, "c1", 0).red == "the pump does not answer");
    BOOST_TEST(gather(root, "c2", 0).red.empty());
    forget(root);
    BOOST_TEST(gather(root, "c1", 0).red.empty());
    forget(root);
}

BOOST_FIXTURE_TEST_CASE(a_long_explanation_is_cut_and_read_again, Box) {
    note_red(root, "c1", std::string(200'000, 'x')).value();
    const auto red = gather(root, "c1", 0).red;
    BOOST_TEST(!red.empty());
    BOOST_TEST(red.size() <= 64U * 1024);
}

BOOST_FIXTURE_TEST_CASE(a_note_that_is_nonsense_is_no_note, Box) {
    for (const std::string& text : {std::string("{"), std::string("[]"), std::string(R"({"commit":"c1"})"),
                                    std::string(R"({"commit":7,"explanation":"x"})"), std::string(100'000, ' ')}) {
        log("var/lib/holdfast/update/red.json", text, 100);
        BOOST_TEST(gather(root, "c1", 0).red.empty());
    }
}

BOOST_FIXTURE_TEST_CASE(the_kernel_s_last_words_count_where_they_are_of_this_attempt, Box) {
    log("var/lib/systemd/pstore/1700/dmesg.txt", panic, 1'700'000'000);
    BOOST_TEST(gather(root, "c1", 1'700'000'000).panic == "VFS: Unable to mount root fs");
    BOOST_TEST(gather(root, "c1", 1'700'000'001).panic.empty());
    log("sys/fs/pstore/dmesg-efi-1", "Kernel panic - not syncing: Attempted to kill init!\n", 1'700'000'001);
    BOOST_TEST(gather(root, "c1", 1'700'000'001).panic == "Attempted to kill init!");
}

BOOST_FIXTURE_TEST_CASE(so_many_logs_that_nobody_would_read_them_do_not_hold_up_a_start, Box) {
    for (int i = 0; i < 300; ++i) log("sys/fs/pstore/dmesg-" + std::to_string(i), "all is well\n", 100);
    BOOST_TEST(gather(root, "c1", 0).panic.empty());
}

BOOST_AUTO_TEST_CASE(a_panic_is_one_short_sentence_of_text) {
    BOOST_TEST(panic_in("").empty());
    BOOST_TEST(panic_in("Kernel panic - not sync").empty());
    BOOST_TEST(panic_in("Kernel panic - not syncing: ").empty());
    BOOST_TEST(panic_in("x\nKernel panic - not syncing: Fatal exception  \nmore") == "Fatal exception");
    BOOST_TEST(panic_in("Kernel panic - not syncing: " + std::string(5000, 'y')).size() == 300U);
    const auto torn = panic_in("Kernel panic - not syncing: \xff\xfe oops\n");
    BOOST_TEST(torn.contains("oops"));
    BOOST_TEST(!torn.contains('\xff'));
}
