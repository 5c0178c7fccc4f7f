// One update, recorded write by write from the download to good, and power cuts at moments of it.
#pragma once

#include "update_lab.hpp"
#include "vm/write_log.hpp"

#include <random>

namespace holdfast::vm {

class RecordedUpdate {
public:
    RecordedUpdate() {
        must(lab_.releases.publish(must(lab_.releases.make(UpdateLab::better("0.2.0", 10)))));
        server_.emplace(lab_.releases.repository());
        record();
    }

    // Cuts the power at a moment that `seed` picks, and starts the box again: it comes up green, whatever slot it is
    // in, with a whole repository; then the update is good already, or goes on to be.
    void cut(std::uint64_t seed, bool to_the_end) {
        const auto log = must(WriteLog::open(log_file()));
        const std::size_t begin = log.entries_until(begin_), end = log.entries_until(end_);
        std::mt19937_64 generator(seed);
        const std::size_t at = begin + generator() % (end - begin);
        BOOST_TEST_CONTEXT("cut after write " << at << " of " << begin << " to " << end << ", seed " << seed) {
            const auto disk = lab_.scratch.path() / "cut.raw";
            must(copy_disk(lab_.image.raw(), disk));
            must(log.replay(disk, at, seed));
            auto hardware = lab_.with_server({.file = disk, .format = Disk::Format::Raw}, server_->port());
            hardware.folder = lab_.scratch.path() / "cut";
            std::filesystem::remove_all(hardware.folder);
            UpdateBox box(must(Machine::power_on(hardware)));
            check(box, to_the_end);
        }
    }

private:
    std::filesystem::path log_file() const { return lab_.scratch.path() / "writes.log"; }

    void record() {
        must(make_empty_disk(log_file(), 0));
        auto disk = lab_.overlay();
        disk.write_log = log_file();
        auto box = UpdateLab::start(lab_.with_server(disk, server_->port()));
        box.shell("sync");
        begin_ = std::filesystem::file_size(log_file());
        box.holdfast("update download " + std::string(UpdateLab::url));
        box.restart_by("update apply");
        box.expect_green("b", "0.2.0");
        box.wait_until_good("0.2.0");
        end_ = std::filesystem::file_size(log_file());
        must(box.machine->power_off(for_a_boot()));
    }

    static void check(UpdateBox& box, bool to_the_end) {
        const auto judged = must(box.machine->wait_for_verdict(for_a_boot()));
        BOOST_TEST(judged.verdict.green());
        BOOST_TEST(box.shell("ostree fsck --quiet >/dev/null && echo whole") == "whole");
        BOOST_TEST(box.json("status --json").at("verdict") == "green");
        if (to_the_end && judged.verdict.version != "0.2.0") {
            box.shell("holdfast update download " + std::string(UpdateLab::url) + " 2>&1 || true");
            box.restart_by("update apply");
            box.expect_green("b", "0.2.0");
        }
        if (to_the_end) {
            box.shell("systemctl start --wait holdfast-confirm.service; systemctl restart holdfast-confirm.service");
            BOOST_TEST(box.json("update status --json").at("state") == "good");
        }
        box.machine->cut_power();
    }

    UpdateLab lab_;
    std::optional<test::FolderServer> server_;
    std::uint64_t begin_ = 0, end_ = 0;  // bytes of the log
};

}  // namespace holdfast::vm
