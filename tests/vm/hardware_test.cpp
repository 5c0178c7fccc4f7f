#include "vm/hardware.hpp"

#include "base/text.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast;
using namespace holdfast::vm;

namespace {

std::string command_line(const Hardware& hardware, const Wires& wires = {3, 4, 5, 6}) {
    return " " + join(qemu_arguments(hardware, wires, Accelerator::Tcg), " ") + " ";
}

}  // namespace

BOOST_AUTO_TEST_CASE(secure_boot_needs_system_management_mode) {
    const auto on = command_line({.folder = "/x", .secure_boot = true});
    BOOST_TEST(on.contains(" q35,smm=on "));
    BOOST_TEST(on.contains("driver=cfi.pflash01,property=secure,value=on"));
    BOOST_TEST(on.contains("OVMF_CODE_4M.secboot.fd"));
    BOOST_TEST(command_line({.folder = "/x", .secure_boot = true, .other_firmware = true}).contains("strictnx"));
    const auto off = command_line({.folder = "/x"});
    BOOST_TEST(off.contains(" q35,smm=off "));
    BOOST_TEST(!off.contains("secure"));
}

BOOST_AUTO_TEST_CASE(one_accelerator_and_never_a_second_one) {
    BOOST_TEST(!command_line({.folder = "/x"}).contains("kvm"));
    BOOST_TEST(!join(qemu_arguments({.folder = "/x"}, {}, Accelerator::Kvm), " ").contains("tcg"));
}

BOOST_AUTO_TEST_CASE(disks_boot_in_their_order) {
    const auto line =
        command_line({.folder = "/x",
                      .disks = {{.file = "/a.iso", .format = Disk::Format::Raw, .bus = Disk::Bus::UsbStick},
                                {.file = "/b.qcow2", .serial = "first"}}});
    BOOST_TEST(line.contains("usb-storage,removable=on,bus=usb.0,id=stick0,drive=disk0,bootindex=0 "));
    BOOST_TEST(line.contains("virtio-blk-pci,drive=disk1,bootindex=1,serial=first "));
    BOOST_TEST(line.contains("format=raw,"));
}

BOOST_AUTO_TEST_CASE(a_stick_that_lies_ready_has_a_drive_and_no_port) {
    const auto line = command_line({.folder = "/x",
                                    .disks = {{.file = "/a.iso", .bus = Disk::Bus::UsbStick, .plugged = false},
                                              {.file = "/b.raw", .bus = Disk::Bus::Scsi, .serial = "S"}}});
    BOOST_TEST(line.contains("id=disk0,"));
    BOOST_TEST(!line.contains("drive=disk0"));
    BOOST_TEST(line.contains("qemu-xhci,id=usb"));
    BOOST_TEST(line.contains("scsi-hd,bus=scsi.0,drive=disk1,bootindex=1,serial=S "));
}

BOOST_AUTO_TEST_CASE(an_nvme_disk_always_has_a_serial_number) {
    const auto line = command_line({.folder = "/x", .disks = {{.file = "/a", .bus = Disk::Bus::Nvme}}});
    BOOST_TEST(line.contains(" nvme,drive=disk0,bootindex=0,serial=HOLDFAST "));
}

BOOST_AUTO_TEST_CASE(a_usb_controller_is_there_where_something_may_be_plugged_in) {
    BOOST_TEST(command_line({.folder = "/x", .usb = true}).contains(" qemu-xhci,id=usb "));
    BOOST_TEST(!command_line({.folder = "/x"}).contains("qemu-xhci"));
}

BOOST_AUTO_TEST_CASE(optical_media_are_never_written) {
    const auto line = command_line({.folder = "/x", .disks = {{.file = "/a.iso", .bus = Disk::Bus::Optical}}});
    BOOST_TEST(line.contains("readonly=on,file=/a.iso"));
}

BOOST_AUTO_TEST_CASE(a_comma_in_a_path_is_doubled) {
    BOOST_TEST(command_line({.folder = "/x", .disks = {{.file = "/a,b"}}}).contains("file=/a,,b "));
}

BOOST_AUTO_TEST_CASE(no_tpm_and_no_network_unless_wanted) {
    const auto line = command_line({.folder = "/x", .tpm = false}, {3, 4, 5, -1});
    BOOST_TEST(!line.contains("tpm"));
    BOOST_TEST(!line.contains("net0"));
    BOOST_TEST(command_line({.folder = "/x", .network = Network::User}).contains("romfile= "));
}

BOOST_AUTO_TEST_CASE(behind_each_door_something_else_answers_and_nothing_beyond) {
    const auto line = command_line(
        {.folder = "/x", .network = Network::User, .doors = {{80, "/serve 40123"}, {8443, "/forward.sh 8443"}}});
    BOOST_TEST(
        line.contains(" user,id=net0,restrict=on,guestfwd=tcp:10.0.2.100:80-cmd:/serve 40123,"
                      "guestfwd=tcp:10.0.2.100:8443-cmd:/forward.sh 8443 "));
    BOOST_TEST(!command_line({.folder = "/x", .network = Network::User}).contains("guestfwd"));
}

BOOST_AUTO_TEST_CASE(the_firmware_tries_a_stick_after_the_disk_before_it) {
    const auto line =
        command_line({.folder = "/x",
                      .disks = {{.file = "/a", .bus = Disk::Bus::Nvme},
                                {.file = "/s.fat", .format = Disk::Format::Raw, .bus = Disk::Bus::UsbStick}}});
    BOOST_TEST(line.contains(" nvme,drive=disk0,bootindex=0,"));
    BOOST_TEST(line.contains("id=disk1,format=raw,"));
    BOOST_TEST(line.contains(" usb-storage,removable=on,bus=usb.0,id=stick1,drive=disk1,bootindex=1 "));
}
