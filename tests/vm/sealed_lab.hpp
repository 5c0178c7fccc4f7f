// A computer with a TPM and Secure Boot whose disk was installed from the ISO, and so is sealed to it.
#pragma once

#include "install_lab.hpp"
#include "update_lab.hpp"

namespace holdfast::vm {

struct SealedLab {
    InstallLab install;
    Disk target = install.empty("HOLDFAST0");
    std::string recovery_key;

    SealedLab() : SealedLab(InstallLab{}) {}
    explicit SealedLab(InstallLab what) : install(std::move(what)) {
        target.bus = Disk::Bus::Virtio;
        auto hardware = computer();
        hardware.disks.insert(hardware.disks.begin(),
                              InstallLab::stick(install.with_answers("medium.iso", answers_for("HOLDFAST0"))));
        const auto machine = must(Machine::power_on(hardware));
        constexpr std::string_view words = "holdfast-install: recovery key ";
        // All of the line, and not only its beginning.
        const auto found =
            must(machine->wait_for_line({std::string(words)}, Deadline::patient(std::chrono::minutes(10))));
        const std::string& line = found.line.text;
        recovery_key = trim(std::string_view(line).substr(line.find(words) + words.size()));
        BOOST_TEST(recovery_key.size() == 71U);
        expect(InstallLab::wait(*machine), Ended::How::Done, "disk=/dev/vda");
        must(machine->wait_for_end(for_a_boot()));
    }
    // A release with another UKI than the image's, so another PCR 11, signed by these keys and published.
    Releases next_release(const std::filesystem::path& keys) const {
        auto releases = must(Releases::open(install.lab.image, install.path("releases"), keys));
        auto wanted = UpdateLab::better("0.2.0", 10);
        wanted.cmdline = "holdfast.next=1";
        must(releases.publish(must(releases.make(wanted))));
        return releases;
    }
    // The box goes to it, and it is good.
    static void update(UpdateBox& box) {
        box.holdfast(std::string("update download ") + UpdateLab::url);
        box.restart_by("update apply");
        box.expect_green("b", "0.2.0");
        box.wait_until_good("0.2.0");
    }
    // The medium is out.
    Hardware computer() const { return {.folder = install.path("machine"), .disks = {target}, .secure_boot = true}; }
    Hardware computer(unsigned port) const { return reaching(std::to_string(port), computer()); }
    // Waits until a locked disk has said why, and types the key.
    void unlock(Machine& machine, const std::string& why) const {
        must(machine.wait_for("the disk of this box is locked: " + why, for_a_boot()));
        // These words come once it listens; what is typed before may be thrown away. Who asks the terminal for its size
        // meanwhile swallows it, too: a person sees that nothing comes of it, and types it again.
        must(machine.wait_for("press TAB for no echo", for_a_command()));
        for (int tries = 0; tries < 3; ++tries) {
            machine.type(recovery_key + "\r");
            if (machine.wait_for("Finished holdfast-recover", Deadline::patient(std::chrono::minutes(2)))) return;
        }
        BOOST_FAIL("the recovery key was typed three times: " + machine.console().last(40));
    }
    // Once it was sealed anew at this start, where it had to be.
    static Json sealed(UpdateBox& box) {
        const auto done =
            box.shell("systemctl start holdfast-seal.service 2>&1 || journalctl -b -o cat -u holdfast-seal");
        BOOST_REQUIRE_MESSAGE(done.empty(), done);
        return box.json("storage show --json");
    }
};

}  // namespace holdfast::vm
