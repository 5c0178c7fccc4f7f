// One update, recorded write by write from the download to its end, and power cuts at moments of it.
#pragma once

#include "boot/slots.hpp"
#include "update_lab.hpp"
#include "vm/write_log.hpp"

#include <random>

namespace holdfast::vm {

// How many cuts, and what picks their moments. The seed stands in the output; HOLDFAST_SEED repeats a run,
// HOLDFAST_CUTS says how many.
struct Chance {
    explicit Chance(std::uint64_t usual) : cuts(number("HOLDFAST_CUTS", usual)) {
        std::fprintf(stderr, "HOLDFAST_SEED=%llu\n", static_cast<unsigned long long>(seed));
    }
    std::uint64_t seed = number("HOLDFAST_SEED", std::random_device()()), cuts;

private:
    static std::uint64_t number(const char* variable, std::uint64_t otherwise) {
        const char* given = std::getenv(variable);
        return given ? std::stoull(given) : otherwise;
    }
};

class RecordedUpdate {
public:
    // A release that is good, or one whose runtime spoils its data and whose check is red.
    enum class Kind { Good, Red };

    explicit RecordedUpdate(Kind kind) : kind_(kind) {
        std::vector<ReleaseFile> files;
        if (kind == Kind::Red) files = {UpdateLab::writes(), UpdateLab::sick()};
        must(lab_.releases.publish(must(lab_.releases.make(UpdateLab::better("0.2.0", 10, files)))));
        server_.emplace(lab_.releases.repository());
        record();
    }

    // Cuts the power at a moment that `seed` picks, and starts the box again: it comes up green, whatever slot it is
    // in, with a whole repository; then the update is good already, or goes on to be. After a red one it ends in the
    // old slot by itself, with the data of before.
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
            if (kind_ == Kind::Good)
                check(box, to_the_end);
            else
                check_return(box);
            check_repository(disk);
        }
    }

    // What the boot loader finds after a cut behind any write to the ESP: no entry that is torn, of those that are
    // bootable one at least, each with its addon, and both boot loaders. Needs no machine, so all writes are tried,
    // with so many draws of what of the unflushed ones is lost.
    void check_esp_at_every_write(std::uint64_t seed, unsigned draws) {
        const auto log = must(WriteLog::open(log_file()));
        const auto where = must(partition(lab_.image.raw(), "holdfast-esp"));
        const auto before = lab_.scratch.path() / "esp-before", disk = lab_.scratch.path() / "esp-cut";
        must(run_or_fail({"dd", "if=" + lab_.image.raw().string(), "of=" + before.string(), "bs=4096", "conv=sparse",
                          "iflag=skip_bytes,count_bytes", "skip=" + std::to_string(where.begin),
                          "count=" + std::to_string(where.size)}));
        const std::string uki = bytes_of(Esp::alone(before), "EFI/Linux/holdfast-1-a+3.efi");
        const auto cuts = log.writes_into({where.begin, where.size}, 0, log.size());
        BOOST_TEST(cuts.size() > 20U);
        for (const std::size_t cut : cuts)
            for (std::uint64_t chance = seed; chance < seed + draws; ++chance) {
                must(copy_disk(before, disk));
                must(log.replay_part(disk, {where.begin, where.size}, cut, chance));
                BOOST_TEST_CONTEXT("cut after write " << cut << " of " << log.size() << ", seed " << chance)
                check_esp(Esp::alone(disk), uki);
            }
    }

private:
    std::string bytes_of(const Esp& esp, const std::string& path) const {
        const auto file = lab_.scratch.path() / "from-esp";
        std::filesystem::remove(file);
        // mtools take an empty file for none.
        return esp.read(path, file) ? must(read_whole(file, 512 * mebibyte)) : "";
    }

    void check_esp(const Esp& esp, const std::string& uki) const {
        unsigned bootable = 0;
        for (const auto& name : must(esp.list("EFI/Linux"))) {
            const auto entry = boot::parse_entry_name(name);
            if (!entry || !boot::bootable(*entry)) continue;
            const std::string bytes = bytes_of(esp, "EFI/Linux/" + name);
            if (bytes.empty()) continue;  // no boot loader takes it for one
            ++bootable;
            BOOST_TEST((bytes == uki), name);
            const std::string plain = boot::entry_name({entry->slot, entry->generation, std::nullopt});
            BOOST_TEST(bytes_of(esp, "EFI/Linux/" + plain + ".extra.d/slot.addon.efi").starts_with("MZ"), name);
        }
        BOOST_TEST(bootable > 0U);
        const std::string loader = bytes_of(esp, "EFI/BOOT/BOOTX64.EFI");
        BOOST_TEST(loader.starts_with("MZ"));
        BOOST_TEST((loader == bytes_of(esp, "EFI/systemd/systemd-bootx64.efi")));
    }

    // All objects that the box has after its start from the cut disk. Outside of the machine, which would need a minute
    // for it; the mount ends with its process.
    void check_repository(const std::filesystem::path& disk) const {
        const auto where = must(partition(disk, "holdfast-system"));
        const auto at = lab_.scratch.path() / "system";
        must(make_directories(at));
        must(run_or_fail({"unshare", "--mount", "sh", "-c",
                          "mount -o loop,offset=$1,sizelimit=$2 $3 $4 && ostree fsck --quiet --repo=$4/ostree/repo",
                          "sh", std::to_string(where.begin), std::to_string(where.size), disk.string(), at.string()}));
    }

    std::filesystem::path log_file() const { return lab_.scratch.path() / "writes.log"; }

    void record() {
        must(make_empty_disk(log_file(), 0));
        auto disk = lab_.overlay();
        disk.write_log = log_file();
        auto box = UpdateLab::start(lab_.with_server(disk, server_->port()));
        box.shell("mkdir -p /var/lib/containers && echo old >/var/lib/containers/data && sync");
        begin_ = std::filesystem::file_size(log_file());
        box.holdfast("update download " + std::string(UpdateLab::url));
        box.restart_by("update apply");
        if (kind_ == Kind::Good) {
            box.expect_green("b", "0.2.0");
            box.wait_until_good("0.2.0");
        } else {
            box.expect_verdict("red", "b", "0.2.0");
            must(box.machine->wait_for_event("RESET", for_a_boot()));
            box.wait_until_rolled_back("0.2.0");
            box.expect_green("a", box.first_version);
        }
        end_ = std::filesystem::file_size(log_file());
        must(box.machine->power_off(for_a_boot()));
    }

    static void check(UpdateBox& box, bool to_the_end) {
        const auto judged = must(box.machine->wait_for_verdict(for_a_boot()));
        BOOST_TEST(judged.verdict.green());
        BOOST_TEST(box.json("status --json").at("verdict") == "green");
        if (to_the_end && judged.verdict.version != "0.2.0") {
            box.shell("holdfast update download " + std::string(UpdateLab::url) + " 2>&1 || true");
            box.restart_by("update apply");
            box.expect_green("b", "0.2.0");
        }
        if (to_the_end) {
            box.shell("systemctl restart holdfast-confirm.service");
            BOOST_TEST(box.json("update status --json").at("state") == "good");
        }
        box.machine->cut_power();
    }

    // Nobody does anything.
    static void check_return(UpdateBox& box) {
        auto judged = must(box.machine->wait_for_verdict(for_a_boot()));
        std::string state;
        // Its trial, then the old slot; or the old slot, which takes up what was decided, and then that.
        for (int starts = 0; starts < 3; ++starts) {
            if (judged.verdict.green()) {
                BOOST_TEST(judged.verdict.slot == "a");
                state = box.json("update status --json").at("state");
                if (state != "rebooting" && state != "waiting-for-window") break;
            }
            must(box.machine->wait_for_event("RESET", Deadline::in(longer_than_its_timer)));
            judged = must(box.machine->wait_for_verdict(for_a_boot()));
            box.forget_agent();
        }
        BOOST_TEST(judged.verdict.green());
        BOOST_TEST(box.shell("cat /var/lib/containers/data") == "old");
        BOOST_TEST((state == "idle" || state == "downloading" || state == "staged" || state == "held"), state);
        box.machine->cut_power();
    }
    // holdfast-update-go-on.timer looks every five minutes.
    static constexpr std::chrono::minutes longer_than_its_timer{12};

    Kind kind_;
    UpdateLab lab_;
    std::optional<test::FolderServer> server_;
    std::uint64_t begin_ = 0, end_ = 0;  // bytes of the log
};

}  // namespace holdfast::vm
