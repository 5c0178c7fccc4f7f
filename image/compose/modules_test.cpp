#include "compose/modules.hpp"

#include <boost/test/unit_test.hpp>

using holdfast::compose::closure;

namespace {

constexpr auto dep =
    "kernel/fs/ext4/ext4.ko.xz: kernel/fs/jbd2/jbd2.ko.xz kernel/lib/crc16.ko.xz\n"
    "kernel/fs/jbd2/jbd2.ko.xz: kernel/lib/crc16.ko.xz\n"
    "kernel/lib/crc16.ko.xz:\n"
    "kernel/drivers/usb/host/xhci-pci.ko.xz: kernel/drivers/usb/host/xhci-hcd.ko.xz\n"
    "kernel/drivers/usb/host/xhci-hcd.ko.xz:\n";
constexpr auto builtin = "kernel/drivers/nvme/host/nvme.ko\n";

}  // namespace

BOOST_AUTO_TEST_CASE(what_a_module_depends_on_comes_along) {
    const auto found = closure(dep, builtin, {"ext4"}).value();
    BOOST_TEST(found.size() == 3U);
    BOOST_TEST(found.contains("kernel/lib/crc16.ko.xz"));
}

BOOST_AUTO_TEST_CASE(dash_and_underscore_are_one) {
    BOOST_TEST(closure(dep, builtin, {"xhci_pci"}).value() == closure(dep, builtin, {"xhci-pci"}).value());
}

BOOST_AUTO_TEST_CASE(what_is_built_in_needs_no_file) {
    BOOST_TEST(closure(dep, builtin, {"nvme"}).value().empty());
}

BOOST_AUTO_TEST_CASE(a_module_the_kernel_does_not_have_is_named) {
    const auto refused = closure(dep, builtin, {"ext5"});
    BOOST_REQUIRE(!refused);
    BOOST_TEST(refused.error().what.contains("'ext5'"));
}
