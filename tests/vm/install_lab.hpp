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

    Disk medium(const std::string& answers, Disk::Bus bus) const {
        const std::filesystem::path program = build_folder() / "image/holdfast-image";
        must(customize(program, Lab::there(lab.image.iso()), answers, path("medium.iso")));
        return {.file = path("medium.iso"), .format = Disk::Format::Raw, .bus = bus};
    }
    Disk empty(const std::string& serial) const {
        must(make_empty_disk(path(serial + ".raw"), target_size));
        return {.file = path(serial + ".raw"), .format = Disk::Format::Raw, .serial = serial};
    }
    // Power off within a minute of the last words, as the answers want it.
    Ended run(const std::vector<Disk>& disks) const {
        const auto machine = must(Machine::power_on({.folder = path("machine"), .disks = disks}));
        const auto ended = must(wait_for_installer(*machine, Deadline::in(std::chrono::minutes(10))));
        BOOST_TEST_MESSAGE(ended.words);
        must(machine->wait_for_end(for_a_command()));
        return ended;
    }
};

}  // namespace holdfast::vm
