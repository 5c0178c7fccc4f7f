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

struct Profile {
    std::string name, title;
    bool development = false;
    std::vector<std::string> cmdline;
};

struct Runtime {
    std::string name, title;
    std::vector<std::string> architectures;
};

struct Recipe {
    std::filesystem::path source;  // the folder that holds hardware/, profiles/, recipes/ and overlays/
    Board board;
    Profile profile;
    Runtime runtime;
    std::string version;

    std::string reference() const;  // holdfast/BOARD/PROFILE/RUNTIME, the ostree ref
    std::string name() const;       // holdfast-BOARD-PROFILE-RUNTIME-VERSION, the files' stem
    std::string cmdline() const;    // the common part, signed in the UKI
};

struct Choice {
    std::string hardware, profile, runtime, version;
};

Result<Board> load_board(const std::filesystem::path& file);
Result<Profile> load_profile(const std::filesystem::path& file);
Result<Runtime> load_runtime(const std::filesystem::path& file);

// Reads all three and refuses what cannot go together. NotFound for a name that does not exist, with the
// nearest one that does.
Result<Recipe> load(const std::filesystem::path& source, const Choice& choice);

std::string_view spelling(Tpm tpm);

}  // namespace holdfast::recipe
