#include "vm/hardware.hpp"

#include <algorithm>
#include <format>

namespace holdfast::vm {

namespace {

namespace fs = std::filesystem;

void add(Arguments& arguments, std::initializer_list<std::string> words) {
    arguments.insert(arguments.end(), words);
}

// QEMU reads a comma in a value as the end of it, unless it stands twice.
std::string value(const fs::path& file) {
    std::string escaped;
    for (const char c : file.string()) escaped += c == ',' ? std::string(",,") : std::string(1, c);
    return escaped;
}

std::string device_of(const Disk& disk, std::size_t number) {
    const std::string ends = std::format("drive=disk{},bootindex={}", number, number) +
                             (disk.serial.empty() ? std::string() : ",serial=" + disk.serial);
    switch (disk.bus) {
        case Disk::Bus::Virtio: return "virtio-blk-pci," + ends;
        case Disk::Bus::Scsi: return "scsi-hd,bus=scsi.0," + ends;
        // An NVMe disk has a serial number, or QEMU refuses it.
        case Disk::Bus::Nvme: return "nvme," + ends + (disk.serial.empty() ? ",serial=HOLDFAST" : "");
        case Disk::Bus::UsbStick:
            return std::format("usb-storage,removable=on,bus=usb.0,id={},", device_name(number)) + ends;
        case Disk::Bus::Optical: break;
    }
    return std::format("ide-cd,bus=ide.{},", number) + ends;
}

bool any_on(Disk::Bus bus, const std::vector<Disk>& disks) {
    return std::ranges::contains(disks, bus, &Disk::bus);
}

void add_usb(Arguments& arguments, const Hardware& hardware) {
    if (hardware.usb || any_on(Disk::Bus::UsbStick, hardware.disks)) add(arguments, {"-device", "qemu-xhci,id=usb"});
}

const char* format_of(const Disk& disk) {
    return disk.format == Disk::Format::Raw ? "raw" : "qcow2";
}

std::string plain_drive(const Disk& disk, std::size_t number) {
    // Nothing here must survive the host losing power, so the host need not sync.
    return std::format("if=none,id=disk{},format={},cache=unsafe,discard=unmap,detect-zeroes=unmap,{}file={}", number,
                       format_of(disk), disk.read_only || disk.bus == Disk::Bus::Optical ? "readonly=on," : "",
                       value(disk.file));
}

// Flushes must come through here, or the log would have none.
std::string logging_drive(const Disk& disk, std::size_t number) {
    return std::format(
        "if=none,id=disk{},cache=writeback,driver=blklogwrites,log-sector-size=512,file.driver={},file.file.driver="
        "file,"
        "file.file.filename={},log.driver=file,log.filename={}",
        number, format_of(disk), value(disk.file), value(disk.write_log));
}

void add_disks(Arguments& arguments, const std::vector<Disk>& disks) {
    if (any_on(Disk::Bus::Scsi, disks)) add(arguments, {"-device", "virtio-scsi-pci,id=scsi"});
    for (std::size_t number = 0; number < disks.size(); ++number) {
        const Disk& disk = disks[number];
        add(arguments, {"-drive", disk.write_log.empty() ? plain_drive(disk, number) : logging_drive(disk, number)});
        if (disk.plugged) add(arguments, {"-device", device_of(disk, number)});
    }
}

std::string forward(const Hardware& hardware) {
    std::string all;
    for (const auto& [port, command] : hardware.doors)
        all += std::format(",guestfwd=tcp:10.0.2.100:{}-cmd:{}", port, command);
    return all;
}

void add_firmware(Arguments& arguments, const Hardware& hardware) {
    add(arguments, {"-M", hardware.secure_boot ? "q35,smm=on" : "q35,smm=off"});
    // Without this the guest could write the variables itself, and Secure Boot would be worth nothing.
    if (hardware.secure_boot) add(arguments, {"-global", "driver=cfi.pflash01,property=secure,value=on"});
    add(arguments, {"-drive", "if=pflash,unit=0,format=raw,readonly=on,file=" + value(firmware_code(hardware))});
    add(arguments, {"-drive", "if=pflash,unit=1,format=raw,file=" + value(firmware_variables(hardware))});
}

void add_wires(Arguments& arguments, const Wires& wires) {
    add(arguments, {"-chardev", std::format("socket,id=console,fd={}", wires.console), "-serial", "chardev:console"});
    add(arguments,
        {"-chardev", std::format("socket,id=monitor,fd={}", wires.monitor), "-mon", "chardev=monitor,mode=control"});
    add(arguments, {"-device", "virtio-serial-pci", "-chardev", std::format("socket,id=agent,fd={}", wires.agent),
                    "-device", "virtserialport,chardev=agent,name=org.qemu.guest_agent.0,id=agent"});
    if (wires.tpm < 0) return;
    add(arguments, {"-chardev", std::format("socket,id=tpm,fd={}", wires.tpm), "-tpmdev",
                    "emulator,id=tpm0,chardev=tpm", "-device", "tpm-tis,tpmdev=tpm0"});
}

}  // namespace

std::string drive_name(std::size_t number) {
    return std::format("disk{}", number);
}

std::string device_name(std::size_t number) {
    return std::format("stick{}", number);
}

fs::path firmware_code(const Hardware& hardware) {
    if (!hardware.secure_boot) return "/usr/share/OVMF/OVMF_CODE_4M.fd";
    return hardware.other_firmware ? "/usr/share/OVMF/OVMF_CODE_4M.secboot.strictnx.fd"
                                   : "/usr/share/OVMF/OVMF_CODE_4M.secboot.fd";
}

fs::path firmware_variables(const Hardware& hardware) {
    return hardware.folder / "firmware-variables.fd";
}

fs::path tpm_state(const Hardware& hardware) {
    return hardware.folder / "tpm";
}

Arguments qemu_arguments(const Hardware& hardware, const Wires& wires, Accelerator accelerator) {
    // Stopped (-S) until we listen. No boot menu, no default devices, and above all no network boot: the firmware
    // is through within a second or two.
    Arguments arguments{"qemu-system-x86_64", "-S",   "-nodefaults", "-no-user-config",
                        "-display",           "none", "-boot",       "menu=off"};
    if (accelerator == Accelerator::Kvm)
        add(arguments, {"-accel", "kvm", "-cpu", "host"});
    else
        add(arguments, {"-accel", "tcg,thread=multi", "-cpu", "max"});
    add(arguments, {"-m", std::to_string(hardware.memory_mib), "-smp", std::to_string(hardware.cpus)});
    add_firmware(arguments, hardware);
    add_wires(arguments, wires);
    add_usb(arguments, hardware);
    add_disks(arguments, hardware.disks);
    // romfile= is empty: without a ROM the firmware has no way to try PXE, which takes minutes to give up.
    if (hardware.network == Network::User)
        add(arguments, {"-netdev", "user,id=net0,restrict=on" + forward(hardware), "-device",
                        "virtio-net-pci,netdev=net0,romfile="});
    if (!hardware.kernel_words.empty())
        add(arguments, {"-smbios", "type=11,value=io.systemd.stub.kernel-cmdline-extra=" + hardware.kernel_words});
    return arguments;
}

}  // namespace holdfast::vm
