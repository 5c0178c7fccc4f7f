// Installations as the tests make them: the image's own ISO with other answers, and disks to install on.
#pragma once

#include "base/process.hpp"
#include "lab.hpp"
#include "vm/installation.hpp"

namespace holdfast::vm {

// Room for the partitions of the image (4.5 GiB) and some more for /var.
inline constexpr std::uintmax_t target_size = 6ULL << 30;

struct InstallLab {
    Lab lab;

    std::filesystem::path path(const std::string& name) const { return lab.scratch.path() / name; }
    std::filesystem::path iso() const { return Lab::there(lab.image.iso()); }

    static Disk stick(const std::filesystem::path& file) {
        return {.file = file, .format = Disk::Format::Raw, .bus = Disk::Bus::UsbStick};
    }
    // A stick that Machine::plug puts in later.
    static Disk spare(Disk disk) {
        disk.plugged = false;
        return disk;
    }
    static Disk disc(const std::filesystem::path& file) {
        return {.file = file, .format = Disk::Format::Raw, .bus = Disk::Bus::Optical};
    }
    // The ISO as it is.
    std::filesystem::path copy(const std::string& name) const {
        must(copy_disk(iso(), path(name)));
        return path(name);
    }
    // With an install.yaml, by `holdfast-image customize`.
    std::filesystem::path customized(const std::string& name, const std::string& answers) const {
        const std::filesystem::path program = build_folder() / "image/holdfast-image";
        must(customize(program, iso(), answers, path(name)));
        return path(name);
    }
    // With an install.yaml on the FAT partition, as a person puts it onto a stick.
    std::filesystem::path with_answers(const std::string& name, const std::string& answers) const {
        copy(name);
        must(put_on_stick(path(name), answers));
        return path(name);
    }
    Disk empty(const std::string& serial, std::uintmax_t size = target_size) const {
        must(make_empty_disk(path(serial + ".raw"), size));
        return {.file = path(serial + ".raw"), .format = Disk::Format::Raw, .bus = Disk::Bus::Scsi, .serial = serial};
    }
    std::unique_ptr<Machine> start(const std::vector<Disk>& disks) const {
        return must(Machine::power_on({.folder = path("machine"), .disks = disks}));
    }
    static Ended wait(Machine& machine) {
        auto ended = must(wait_for_installer(machine, Deadline::patient(std::chrono::minutes(10))));
        BOOST_TEST_MESSAGE(ended.words << " (" << ended.seconds << " s)");
        return ended;
    }
};

inline void expect(const Ended& ended, Ended::How how, std::string_view words) {
    BOOST_TEST((ended.how == how), ended.words);
    BOOST_TEST(ended.words.contains(words), ended.words << " does not say: " << words);
}

}  // namespace holdfast::vm
