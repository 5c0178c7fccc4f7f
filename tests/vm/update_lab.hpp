// What the tests of updates share: releases of the image, a web server for them, and a box that is told what to do.
#pragma once

#include "base/json.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "net/folder_server.hpp"
#include "vm/lab.hpp"
#include "vm/releases.hpp"

namespace holdfast::vm {

// A machine that runs, and whoever talks to it.
class UpdateBox {
public:
    explicit UpdateBox(std::unique_ptr<Machine> running) : machine(std::move(running)) {}

    void expect_verdict(const std::string& colour, const std::string& slot, const std::string& version) {
        const auto judged = must(machine->wait_for_verdict(for_a_boot()));
        BOOST_TEST(judged.verdict.colour == colour);
        BOOST_TEST(judged.verdict.slot == slot);
        BOOST_TEST(judged.verdict.version == version);
        agent_.reset();
    }
    void expect_green(const std::string& slot, const std::string& version) { expect_verdict("green", slot, version); }
    void wait_until_good(const std::string& version) {
        must(machine->wait_for("holdfast: update: version " + version + " is good", for_a_boot()));
    }
    void wait_until_rolled_back(const std::string& version) {
        must(machine->wait_for("holdfast: update: version " + version + " was rolled back", for_a_boot()));
    }

    std::string shell(const std::string& script) {
        return std::string(trim(must(agent().shell(script, for_a_boot()))));
    }
    std::string holdfast(const std::string& words) { return shell("holdfast " + words + " 2>&1"); }
    Json json(const std::string& words) { return Json::parse(shell("holdfast " + words + " 2>/dev/null")); }
    // What a command says that must fail.
    std::string refusal(const std::string& words) {
        return shell("holdfast " + words + " 2>&1 && echo IT WAS NOT REFUSED; true");
    }
    // A request that ends with a restart of the machine. Nobody waits for its answer: the guest's agent may be gone
    // first.
    void restart_by(const std::string& words) {
        shell("holdfast " + words + " --no-wait");
        const auto restarted = machine->wait_for_event("RESET", for_a_boot());
        if (!restarted)
            BOOST_FAIL(restarted.error().what + "\n" +
                       shell("journalctl -b -n 40 -o cat -u 'holdfast*' --no-hostname"));
        agent_.reset();
    }
    // After a start that nobody here asked for.
    void forget_agent() { agent_.reset(); }
    Agent& agent() {
        if (!agent_) agent_ = must(machine->agent(for_a_boot()));
        return *agent_;
    }
    std::unique_ptr<Machine> machine;
    std::string first_version;  // of the image

private:
    std::optional<Agent> agent_;
};

// That computer with a network on which nothing is but the server at 127.0.0.1 `port`, for it 10.0.2.100 port 80.
inline Hardware reaching(const std::string& port, Hardware hardware) {
    hardware.network = Network::User;
    hardware.doors[80] = (source_folder() / "tests/net/forward.sh").string() + " " + port;
    return hardware;
}

struct UpdateLab : Lab {
    Releases releases = must(Releases::open(image, scratch.path() / "releases", source_folder() / "keys/development"));
    static constexpr auto url = "http://10.0.2.100";

    // A release that differs by a file.
    static NewRelease better(const std::string& version, std::uint64_t time, std::vector<ReleaseFile> more = {}) {
        more.push_back({"usr/share/better", version});
        return {.version = version, .files = std::move(more), .initrd = {}, .cmdline = {}, .ref = {}, .time = time};
    }
    // What the new version's runtime does to its data.
    static ReleaseFile writes() {
        return {"usr/lib/greenboot/check/required.d/50-write.sh", "#!/bin/sh\necho new >/var/lib/containers/data\n",
                0755};
    }
    // A required check that is never healthy.
    static ReleaseFile sick() {
        return {"usr/lib/greenboot/check/required.d/99-sick.sh", "#!/bin/sh\necho the pump does not answer\nexit 1\n",
                0755};
    }
    // A box whose only network is the web server at `url`.
    Hardware with_server(Disk disk, unsigned port) const {
        return reaching(std::to_string(port), Lab::hardware(std::move(disk)));
    }
    enum class Format { Ext4, Fat };
    // A USB stick with these files, a file system on the whole of it as sticks have; not plugged in where the machine
    // has a controller of its own for it.
    Disk stick(const std::filesystem::path& files, Format format) const {
        const auto file = scratch.path() / "stick.raw";
        must(make_empty_disk(file, 1024UL << 20U));
        if (format == Format::Ext4) {
            must(run_or_fail({"mke2fs", "-q", "-t", "ext4", "-d", files.string(), file.string()}));
        } else {
            must(run_or_fail({"mkfs.vfat", "-F", "32", file.string()}));
            for (const auto& entry : std::filesystem::directory_iterator(files))
                must(run_or_fail({"mcopy", "-s", "-i", file.string(), entry.path().string(), "::"}));
        }
        return {
            .file = file, .format = Disk::Format::Raw, .bus = Disk::Bus::UsbStick, .plugged = format == Format::Fat};
    }
    static UpdateBox start(const Hardware& hardware) {
        UpdateBox box(must(Machine::power_on(hardware)));
        const auto judged = must(box.machine->wait_for_verdict(for_a_boot()));
        BOOST_TEST(judged.verdict.green());
        box.first_version = judged.verdict.version;
        return box;
    }
};

}  // namespace holdfast::vm
