// A directory tree that looks like a box, for tests.
#pragma once

#include "base/file.hpp"

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <string>

namespace holdfast::agent {

struct Box {
    std::filesystem::path root;
    std::string commit = std::string(64, 'c');

    // Slot A on its first try of three, nothing in B.
    Box() {
        std::string name = (std::filesystem::temp_directory_path() / "box-XXXXXX").string();
        BOOST_REQUIRE(::mkdtemp(name.data()));
        root = name;
        file("proc/cmdline", "ro androidboot.slot_suffix=_a\n");
        file("sys/class/tpm/tpm0/tpm_version_major", "2\n");
        loader("LoaderInfo", "systemd-boot 257");
        std::filesystem::create_directories(root / "ostree");
        std::filesystem::create_symlink("deploy/holdfast/deploy/" + commit + ".0", root / "ostree/root.a");
        release("required");
        on_trial("+2-1");
    }
    Box(const Box&) = delete;
    Box& operator=(const Box&) = delete;
    ~Box() { std::filesystem::remove_all(root); }

    void file(const std::string& name, const std::string& bytes, unsigned mode = 0644) const {
        std::filesystem::create_directories((root / name).parent_path());
        BOOST_REQUIRE(write_whole(root / name, bytes, mode));
    }
    void loader(const std::string& variable, const std::string& text) const {
        std::string bytes(4, '\x06');
        for (const char c : text + '\0') bytes += {c, '\0'};
        file("sys/firmware/efi/efivars/" + variable + "-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f", bytes);
    }
    void release(const std::string& tpm) const {
        file(
            "usr/lib/holdfast/release.json",
            R"({"format":1,"board":"generic-x86-64","profile":"dev","runtime":"podman","version":"0.1.0","options":[],)"
            R"("development":true,"capabilities":{"tpm":")" +
                tpm + R"(","secure_boot":true}})");
    }
    void on_trial(const std::string& counter) const {
        std::filesystem::remove_all(root / "efi");
        entry("holdfast-1-a" + counter + ".efi");
        loader("LoaderBootCountPath", "\\EFI\\Linux\\holdfast-1-a" + counter + ".efi");
    }
    void entry(const std::string& name) const { file("efi/EFI/Linux/" + name, "MZ"); }
    void required(const std::string& name, const std::string& body) const {
        file("usr/lib/greenboot/check/required.d/" + name, "#!/bin/sh\n" + body + "\n", 0755);
    }
};

}  // namespace holdfast::agent
