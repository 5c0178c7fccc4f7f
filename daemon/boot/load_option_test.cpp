// The reference is libefiboot, which efibootmgr is made of.
#include "boot/load_option.hpp"

#include "boot/guid.hpp"

#include <array>
#include <boost/test/unit_test.hpp>

// Headers for C alone.
extern "C" {
#include <efiboot.h>
#include <efivar.h>
}

using namespace holdfast;
using namespace holdfast::boot;

namespace {

const LoadOption ours{.active = true,
                      .label = "Holdfast",
                      .partition = Partition{"d56615a6-227e-4d5e-ab31-f9b974c962ed", 2, 0x40000, 0x80000},
                      .file = R"(\EFI\systemd\systemd-bootx64.efi)"};

using Buffer = std::array<std::uint8_t, 1024>;

// A device path, grown by the functions of libefivar.
struct Path {
    Buffer bytes{};
    ssize_t size = 0;
    void grow(auto&& make) {
        const ssize_t n = make(bytes.data() + size, static_cast<ssize_t>(bytes.size()) - size);
        BOOST_REQUIRE(n > 0);
        size += n;
    }
    void add_partition(const Partition& partition, std::uint8_t format = EFIDP_HD_FORMAT_GPT) {
        auto uuid = guid_bytes(partition.uuid).value();
        grow([&](std::uint8_t* at, ssize_t left) {
            return efidp_make_hd(at, left, partition.number, partition.start, partition.size,
                                 reinterpret_cast<std::uint8_t*>(uuid.data()), format, EFIDP_HD_SIGNATURE_GUID);
        });
    }
    void add_file(std::string file) {
        grow([&](std::uint8_t* at, ssize_t left) { return efidp_make_file(at, left, file.data()); });
    }
    void end() {
        grow([](std::uint8_t* at, ssize_t left) { return efidp_make_end_entire(at, left); });
    }
    std::string option(std::string label, std::uint32_t attributes = 1, std::string data = "") {
        Buffer out{};
        const ssize_t n = efi_loadopt_create(out.data(), out.size(), attributes, reinterpret_cast<efidp>(bytes.data()),
                                             size, reinterpret_cast<unsigned char*>(label.data()),
                                             reinterpret_cast<std::uint8_t*>(data.data()), data.size());
        BOOST_REQUIRE(n > 0);
        return {reinterpret_cast<char*>(out.data()), static_cast<std::size_t>(n)};
    }
};

Path path_of(const LoadOption& option) {
    Path path;
    path.add_partition(*option.partition);
    path.add_file(option.file);
    path.end();
    return path;
}

}  // namespace

BOOST_AUTO_TEST_CASE(an_option_has_the_bytes_that_libefiboot_makes) {
    const auto bytes = encode(ours).value();
    BOOST_TEST(bytes == path_of(ours).option("Holdfast"));
    BOOST_TEST((parse_load_option(bytes).value() == ours));
    auto inactive = ours;
    inactive.active = false;
    BOOST_TEST(encode(inactive).value() == path_of(ours).option("Holdfast", 0));
    BOOST_TEST((parse_load_option(encode(inactive).value()).value() == inactive));
}

BOOST_AUTO_TEST_CASE(libefiboot_reads_what_we_write) {
    auto bytes = encode(ours).value();
    auto* option = reinterpret_cast<efi_load_option*>(bytes.data());
    const auto size = static_cast<ssize_t>(bytes.size());
    BOOST_TEST(efi_loadopt_is_valid(option, bytes.size()) == 1);
    BOOST_TEST(reinterpret_cast<const char*>(efi_loadopt_desc(option, size)) == std::string("Holdfast"));
    std::array<unsigned char, 512> text{};
    BOOST_REQUIRE(efidp_format_device_path(text.data(), text.size(), efi_loadopt_path(option, size),
                                           efi_loadopt_pathlen(option, size)) > 0);
    BOOST_TEST(reinterpret_cast<const char*>(text.data()) ==
               std::string(R"(HD(2,GPT,d56615a6-227e-4d5e-ab31-f9b974c962ed,0x40000,0x80000)/)"
                           R"(File(\EFI\systemd\systemd-bootx64.efi))"));
}

BOOST_AUTO_TEST_CASE(the_way_to_the_disk_and_data_for_the_program_do_not_matter) {
    Path path;
    path.grow([](std::uint8_t* at, ssize_t left) { return efidp_make_acpi_hid(at, left, 0x0a0341d0, 0); });
    path.grow([](std::uint8_t* at, ssize_t left) { return efidp_make_pci(at, left, 0x1f, 2); });
    path.add_partition(*ours.partition);
    path.add_file(ours.file);
    path.end();
    BOOST_TEST((parse_load_option(path.option("Holdfast", 1, "BO")).value() == ours));
}

BOOST_AUTO_TEST_CASE(options_for_something_else_are_read_and_not_taken_for_ours) {
    Path network;
    network.grow([](std::uint8_t* at, ssize_t left) { return efidp_make_pci(at, left, 0x1f, 6); });
    network.end();
    BOOST_TEST(!parse_load_option(network.option("Network")).value().partition);
    Path old;
    old.add_partition(*ours.partition, EFIDP_HD_FORMAT_PCAT);
    old.end();
    BOOST_TEST(!parse_load_option(old.option("MBR")).value().partition);
    // LOAD_OPTION_CATEGORY_APP is never started by itself.
    BOOST_TEST(!parse_load_option(path_of(ours).option("Setup", 0x101)).value().active);
    std::string unusual = encode(ours).value();
    unusual[6] = '\xe4';  // a letter that is not ASCII
    BOOST_TEST(parse_load_option(unusual).value().label == "?oldfast");
}

BOOST_AUTO_TEST_CASE(lengths_that_do_not_fit_are_refused) {
    const auto bytes = encode(ours).value();
    for (std::size_t size = 0; size < bytes.size(); ++size)
        BOOST_TEST(!parse_load_option(std::string_view(bytes).substr(0, size)), "cut to " << size);
    std::string changed = bytes;
    changed[26] = 3;  // length of the first node
    BOOST_TEST(parse_load_option(changed).error().what.contains("within a node"));
    changed[26] = 41;
    BOOST_TEST(parse_load_option(changed).error().what.contains("a partition in 37 bytes"));
    BOOST_TEST((parse_load_option(std::string(load_option_limit + 1, '\0')).error().code == Code::Corrupt));
    auto nowhere = ours;
    nowhere.partition.reset();
    BOOST_TEST((encode(nowhere).error().code == Code::Bug));
}
