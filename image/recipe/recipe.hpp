// What an image is made of: a board, a profile and a runtime, read from their folders and checked together.
#pragma once

#include "base/yaml.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace holdfast::recipe {

// Whether a board has a TPM, and when: "late" ones appear only after user space is up (Jetson's fTPM).
enum class Tpm { Required, Optional, Late, None };

struct Board {
    std::string name, title;
    std::string architecture;  // as mkosi and systemd spell it: x86-64, arm64
    std::vector<std::string> cmdline;
    std::vector<std::string> initrd_modules;
    std::vector<std::string> installer_modules;
    std::vector<std::string> modules;  // loaded at boot
    std::string microcode;             // "intel", "amd" or ""
    Tpm tpm = Tpm::Optional;
    bool secure_boot = true;
};

// What a board can have besides, such as a graphics module: hardware/BOARD/options/NAME.
struct Option {
    std::string name, title;
    std::vector<std::string> cmdline;
    std::vector<std::string> modules;     // loaded at boot
    std::vector<std::string> components;  // of Debian's archive, beside those of every image
    std::vector<std::string> conflicts;   // options that exclude this one
};

struct Profile {
    std::string name, title;
    bool development = false;
    bool disk_pin = false;  // its sealed disk asks for a PIN beside the TPM
    std::vector<std::string> cmdline;
};

struct Runtime {
    std::string name, title;
    std::vector<std::string> architectures;
    std::vector<std::string> state;  // paths below /var that go back with the system when an update fails
};

struct Recipe {
    std::filesystem::path source;  // the folder that holds hardware/, profiles/, recipes/ and overlays/
    Board board;
    std::vector<Option> options;  // by name
    Profile profile;
    Runtime runtime;
    std::string version;

    std::string hardware() const;              // BOARD, or BOARD.OPTION.OPTION
    std::string stem() const;                  // HARDWARE-PROFILE-RUNTIME
    std::string reference() const;             // holdfast/HARDWARE/PROFILE/RUNTIME, the ostree ref
    std::string name() const;                  // holdfast-HARDWARE-PROFILE-RUNTIME-VERSION, the files' stem
    std::string cmdline() const;               // the common part, signed in the UKI
    std::vector<std::string> modules() const;  // loaded at boot, those of the board first
    std::vector<std::string> option_names() const;
};

struct Choice {
    std::string hardware, profile, runtime, version;
    std::vector<std::string> options;  // in any order
};

Result<Board> load_board(const std::filesystem::path& file);
Result<Option> load_option(const std::filesystem::path& file);
Result<Profile> load_profile(const std::filesystem::path& file);
Result<Runtime> load_runtime(const std::filesystem::path& file);

// Reads all of them and refuses what cannot go together. NotFound for a name that does not exist, with the
// nearest one that does.
Result<Recipe> load(const std::filesystem::path& source, const Choice& choice);

std::string_view spelling(Tpm tpm);

}  // namespace holdfast::recipe
