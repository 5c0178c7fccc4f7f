#include "compose/modules.hpp"

#include "base/file.hpp"
#include "base/process.hpp"
#include "base/scratch.hpp"
#include "content/packing.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast;
using namespace holdfast::compose;

namespace {

constexpr auto dep =
    "kernel/fs/ext4/ext4.ko.zst: kernel/fs/jbd2/jbd2.ko.zst kernel/lib/crc16.ko.zst\n"
    "kernel/fs/jbd2/jbd2.ko.zst: kernel/lib/crc16.ko.zst\n"
    "kernel/lib/crc16.ko.zst:\n"
    "kernel/drivers/usb/host/xhci-pci.ko.zst: kernel/drivers/usb/host/xhci-hcd.ko.zst\n"
    "kernel/drivers/usb/host/xhci-hcd.ko.zst:\n";
constexpr auto builtin = "kernel/drivers/nvme/host/nvme.ko\n";

}  // namespace

BOOST_AUTO_TEST_CASE(what_a_module_depends_on_comes_along) {
    const auto found = closure(dep, builtin, {"ext4"}).value();
    BOOST_TEST(found.size() == 3U);
    BOOST_TEST(found.contains("kernel/lib/crc16.ko.zst"));
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

BOOST_AUTO_TEST_CASE(whatever_a_module_was_wrapped_in_it_is_zstd_then) {
    const Scratch scratch = Scratch::make("modules").value();
    const auto folder = scratch.path() / "usr/lib/modules/6.12.0/kernel";
    BOOST_REQUIRE(make_directories(folder).has_value());
    const std::string module(20'000, 'm');
    for (const auto* name : {"plain.ko", "xz.ko", "zstd.ko"})
        BOOST_REQUIRE(write_whole(folder / name, module + name).has_value());
    BOOST_REQUIRE(run_or_fail({"xz", (folder / "xz.ko").string()}).has_value());
    BOOST_REQUIRE(run_or_fail({"zstd", "-q", "--rm", (folder / "zstd.ko").string()}).has_value());
    for (const auto* name : {"modules.order", "modules.builtin"})
        BOOST_REQUIRE(write_whole(folder.parent_path() / name, "").has_value());
    BOOST_TEST(wrap_modules(scratch.path(), "6.12.0").value() == 3U);
    for (const std::string name : {"plain.ko", "xz.ko", "zstd.ko"}) {
        const auto packed = read_whole(folder / (name + ".zst"));
        BOOST_TEST_REQUIRE(packed.has_value());
        BOOST_TEST((*packed == content::pack(content::Packing::Zstd, module + name).value()));
    }
    BOOST_TEST(std::distance(std::filesystem::directory_iterator(folder), {}) == 3);
}
