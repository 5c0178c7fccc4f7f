// What the program holdfast-vm does. Each returns the program's exit code; an Error is for people and means 1, too.
#pragma once

#include "base/result.hpp"
#include "vm/served.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace holdfast::vm {

// What all verbs share.
struct Bench {
    bool secure_boot = false;
    bool tpm = true;
    double timeout = 900;  // seconds, for each wait
    bool json = false;     // the last line on stdout is one JSON object
    int interrupt = -1;    // see Machine
};

struct BootWish {
    std::filesystem::path image;  // a .raw or .qcow2 file, or an image's folder
    bool console = true;          // stay on the console where there is a terminal
    // Empty and 0: it has no network.
    std::filesystem::path serve;  // a folder that the machine finds on the web
    unsigned reach = 0;           // a port of our loopback that the machine reaches at 10.0.2.100
    std::filesystem::path stick;  // the image of a stick that the machine has; empty: none
    Served::Programs programs;    // that serve and carry
};
// 0 for a green verdict, 1 for anything else. The image is never written to.
Result<int> boot(const BootWish& wish, const Bench& bench);

struct InstallWish {
    enum class Medium { Stick, Optical };

    std::filesystem::path iso;
    std::uintmax_t disk_size = 0;  // bytes
    Medium medium = Medium::Stick;
    std::optional<std::filesystem::path> answers;  // an install.yaml; none: the first disk, unattended
    std::filesystem::path image_program;           // holdfast-image
    bool console = true;
};
// Installs on an empty disk and boots that. 0 when the disk boots to green, 1 for anything else.
Result<int> install(const InstallWish& wish, const Bench& bench);

struct TimeWish {
    std::filesystem::path image;
    std::string until;
    unsigned runs = 1;
    std::string kernel_words;  // as in Hardware
};
// Seconds from power-on until the console shows a text. 0 when each run got there.
Result<int> measure_time(const TimeWish& wish, const Bench& bench);

// The serial number of the disk that the installer shall take.
inline constexpr auto target_serial = "HOLDFAST0";

}  // namespace holdfast::vm
