// What a virtual machine is made of, and the command line that makes QEMU be it. Pure, but for the files it names.
#pragma once

#include "base/process.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace holdfast::vm {

struct Disk {
    enum class Bus { Virtio, Scsi, Nvme, UsbStick, Optical };
    enum class Format { Raw, Qcow2 };

    std::filesystem::path file;
    Format format = Format::Qcow2;
    Bus bus = Bus::Virtio;
    std::string serial;               // what the guest sees as its serial number
    bool read_only = false;           // always so for optical media
    std::filesystem::path write_log;  // notes every write and flush there (write_log.hpp); empty: none
    bool plugged = true;              // false: lies ready for Machine::plug; USB sticks only
};

enum class Network { None, User };  // User: QEMU's own, with nothing behind it
enum class Accelerator { Tcg, Kvm };

struct Hardware {
    // Holds what outlives a power-off: the firmware's variables and the TPM's state; also console.log and qemu.log.
    std::filesystem::path folder;
    std::vector<Disk> disks;      // the firmware tries them in this order
    bool secure_boot = false;     // firmware that enforces it once keys are enrolled; its variables start blank
    bool other_firmware = false;  // another build of that: what it is differs, what it trusts does not
    bool tpm = true;
    bool usb = false;  // a controller named "usb", also where no disk is on it: to plug things in later
    unsigned memory_mib = 2048;
    unsigned cpus = 2;
    Network network = Network::None;
    // With Network::User: by port, what answers at 10.0.2.100 for each connection, as a command.
    std::map<unsigned, std::string> doors;
    // More words for the kernel, which systemd-stub takes from SMBIOS (systemd-stub(7)), without Secure Boot only.
    std::string kernel_words;
    bool tell_processors = true;  // where each stands when something does not come; of use to developers
};

// Descriptors that QEMU inherits; -1: that port is not there.
struct Wires {
    int console = -1, monitor = -1, agent = -1, tpm = -1;
};

std::filesystem::path firmware_code(const Hardware& hardware);
std::filesystem::path firmware_variables(const Hardware& hardware);  // this machine's own copy
std::filesystem::path tpm_state(const Hardware& hardware);

// QEMU's names of disk `number` and, for a USB stick, of what holds it.
std::string drive_name(std::size_t number);
std::string device_name(std::size_t number);

Arguments qemu_arguments(const Hardware& hardware, const Wires& wires, Accelerator accelerator);

}  // namespace holdfast::vm
