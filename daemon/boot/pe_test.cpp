#include "boot/pe.hpp"

#include "base/process.hpp"
#include "base/scratch.hpp"
#include "base/text.hpp"

#include <boost/test/unit_test.hpp>

using holdfast::Code;
using holdfast::boot::Pe;

namespace {

const std::filesystem::path efi = "/usr/lib/systemd/boot/efi";
const std::filesystem::path loader = efi / "systemd-bootx64.efi";

std::string run(const holdfast::Arguments& arguments) {
    return holdfast::run_or_fail(arguments).value();
}

std::string bytes_of(const std::filesystem::path& file) {
    return holdfast::read_whole(file, holdfast::boot::pe_limit).value();
}

// A throw-away key and what sbsign makes with it.
struct Signer {
    holdfast::Scratch scratch = holdfast::Scratch::make("pe").value();
    std::filesystem::path key = scratch.path() / "key", certificate = scratch.path() / "certificate";
    Signer() {
        run({"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=test", "-days", "2", "-keyout",
             key, "-out", certificate});
    }
    std::filesystem::path sign(const std::filesystem::path& file) const {
        const auto out = scratch.path() / ("signed-" + file.filename().string());
        run({"sbsign", "--key", key, "--cert", certificate, "--output", out, file});
        return out;
    }
};

// Writes `value` over the 32 bits at `at`.
std::string with(std::string bytes, std::size_t at, std::uint32_t value) {
    for (int i = 0; i < 4; ++i) bytes[at + i] = static_cast<char>(value >> 8 * i);
    return bytes;
}

std::size_t pe_offset(const std::string& bytes) {
    return static_cast<unsigned char>(bytes[0x3c]) | static_cast<unsigned char>(bytes[0x3d]) << 8;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_hash_is_the_one_pesign_computes) {
    for (const auto* name : {"systemd-bootx64.efi", "addonx64.efi.stub", "linuxx64.efi.stub"}) {
        const auto told = run({"pesign", "--hash", "--digest_type=sha256", "--in=" + (efi / name).string()});
        BOOST_TEST(told.substr(0, 64) == holdfast::hex(Pe::load(efi / name).value().authenticode()));
    }
}

BOOST_FIXTURE_TEST_CASE(a_signature_by_sbsign_vouches_for_the_hash, Signer) {
    for (const auto* name : {"systemd-bootx64.efi", "addonx64.efi.stub"}) {
        const auto file = sign(efi / name);
        const auto pe = Pe::load(file).value();
        BOOST_TEST(pe.is_signed());
        run({"sbattach", "--detach", scratch.path() / "signature", file});
        const auto digest = pe.authenticode();
        BOOST_TEST(bytes_of(scratch.path() / "signature").contains(std::string(digest.begin(), digest.end())));
        run({"sbverify", "--cert", certificate, file});
    }
}

BOOST_FIXTURE_TEST_CASE(one_changed_byte_changes_the_hash_and_the_checksum_does_not, Signer) {
    const auto bytes = bytes_of(sign(loader));
    const auto hash = Pe::parse(bytes).value().authenticode();
    auto changed = bytes;
    changed[0x2000] ^= 1;
    BOOST_TEST((Pe::parse(changed).value().authenticode() != hash));
    BOOST_TEST((Pe::parse(with(bytes, pe_offset(bytes) + 24 + 64, 0x12345678)).value().authenticode() == hash));
}

BOOST_AUTO_TEST_CASE(sections_are_listed_and_cut_to_their_size) {
    const auto pe = Pe::load(loader).value();
    const auto* sbat = pe.section(".sbat");
    BOOST_REQUIRE(sbat);
    BOOST_TEST(sbat->contents().starts_with("sbat,1,SBAT Version"));
    BOOST_TEST(sbat->contents().size() == sbat->size);
    BOOST_TEST(sbat->raw.size() >= sbat->size);
    BOOST_TEST(!pe.section(".linux"));
}

BOOST_AUTO_TEST_CASE(a_section_larger_in_memory_is_filled_with_zeros) {
    const holdfast::boot::Section section{".data", 0, 6, "ab"};
    BOOST_TEST(section.contents() == std::string("ab\0\0\0\0", 6));
}

BOOST_AUTO_TEST_CASE(what_is_no_pe_file_is_refused) {
    for (const std::string& bytes :
         {std::string(), std::string("MZ"), std::string(4096, 'x'), std::string("MZ") + std::string(500, '\0')}) {
        const auto refused = Pe::parse(bytes);
        BOOST_REQUIRE(!refused);
        BOOST_TEST((refused.error().code == Code::Corrupt));
    }
    BOOST_TEST((Pe::load("/nowhere").error().code == Code::NotFound));
}

BOOST_FIXTURE_TEST_CASE(headers_that_point_outside_are_refused, Signer) {
    const auto bytes = bytes_of(sign(loader));
    const std::size_t pe = pe_offset(bytes), directories = pe + 24 + 112;
    BOOST_TEST(!Pe::parse(with(bytes, 0x3c, 0xffffffff)));                 // PE header
    BOOST_TEST(!Pe::parse(with(bytes, pe + 24 + 60, 0x7fffffff)));         // SizeOfHeaders
    BOOST_TEST(!Pe::parse(with(bytes, directories - 4, 0xffffffff)));      // number of directories
    BOOST_TEST(!Pe::parse(with(bytes, directories + 4UL * 8, 0x10)));      // certificate table's place
    BOOST_TEST(!Pe::parse(with(bytes, directories + 4UL * 8 + 4, 0x10)));  // and its size
    const std::size_t section = pe + 24 + (static_cast<unsigned char>(bytes[pe + 20]));
    BOOST_TEST(!Pe::parse(with(bytes, section + 8, 0xffffffff)));   // VirtualSize
    BOOST_TEST(!Pe::parse(with(bytes, section + 16, 0x7fffffff)));  // SizeOfRawData
    BOOST_TEST(!Pe::parse(with(bytes, section + 20, 0x7fffffff)));  // PointerToRawData
    BOOST_TEST(!Pe::parse(with(bytes, section + 20, 0x10)));        // in the headers
    BOOST_TEST(!Pe::parse(with(bytes, section + 60, static_cast<std::uint32_t>(bytes.size() - 0x4000))));
}

BOOST_FIXTURE_TEST_CASE(a_file_cut_short_anywhere_is_refused_or_unsigned, Signer) {
    const auto bytes = bytes_of(sign(efi / "addonx64.efi.stub"));
    for (std::size_t size = 0; size < bytes.size(); size += 7) BOOST_TEST(!Pe::parse(bytes.substr(0, size)));
}
