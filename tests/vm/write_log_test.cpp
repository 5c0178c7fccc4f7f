// The log as QEMU itself writes it.
#include "vm/write_log.hpp"

#include "base/file.hpp"
#include "base/process.hpp"
#include "base/scratch.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast;
using namespace holdfast::vm;

namespace {

struct World {
    Scratch scratch = Scratch::make("writelog").value();
    std::filesystem::path disk = scratch.path() / "disk", log = scratch.path() / "log",
                          before = scratch.path() / "before";

    World() {
        for (const auto& file : {disk, log, before}) run_or_fail({"truncate", "-s", "1M", file.string()}).value();
        run_or_fail({"qemu-io", "-t", "writeback", "--image-opts",
                     "driver=blklogwrites,file.driver=file,file.filename=" + disk.string() +
                         ",log.driver=file,log.filename=" + log.string() + ",log-sector-size=512",
                     "-c", "write -P 0x11 0 4k", "-c", "flush", "-c", "write -P 0x22 4k 4k", "-c",
                     "write -P 0x33 8k 4k", "-c", "write -z 0 512", "-c", "flush", "-c", "write -P 0x44 12k 4k"})
            .value();
    }
    std::string after(std::size_t cut, std::uint64_t seed) const {
        run_or_fail({"cp", before.string(), (scratch.path() / "replayed").string()}).value();
        BOOST_TEST(WriteLog::open(log).value().replay(scratch.path() / "replayed", cut, seed).has_value());
        return read_whole(scratch.path() / "replayed").value();
    }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(what_was_flushed_is_there_and_the_rest_by_chance, World) {
    const auto opened = WriteLog::open(log).value();
    BOOST_TEST(opened.size() >= 7U);
    const std::string whole = read_whole(disk).value();
    // qemu-io flushes when it closes.
    BOOST_TEST((after(opened.size(), 1) == whole));
    bool with = false, without = false;
    for (std::uint64_t seed = 0; seed < 32; ++seed) {
        const std::string cut = after(3, seed);  // the second write of three, unflushed
        BOOST_TEST(cut[0] == 0x11);
        (cut[4096] == 0x22 ? with : without) = true;
        BOOST_TEST(cut[8192] == 0);
    }
    BOOST_TEST(with);
    BOOST_TEST(without);
}

BOOST_AUTO_TEST_CASE(anything_else_is_no_log) {
    const Scratch scratch = Scratch::make("writelog").value();
    BOOST_TEST(write_whole(scratch.path() / "x", std::string(4096, 'x')).has_value());
    BOOST_TEST((WriteLog::open(scratch.path() / "x").error().code == Code::Corrupt));
    BOOST_TEST((WriteLog::open(scratch.path() / "none").error().code == Code::NotFound));
}
