#include "boot/signature_list.hpp"

#include "base/little_endian.hpp"
#include "base/process.hpp"
#include "base/scratch.hpp"
#include "base/text.hpp"
#include "boot/guid.hpp"
#include "boot/pe.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast;
using namespace holdfast::boot;

namespace {

constexpr auto sha256_type = "c1c41626-504c-4092-aca9-41f936934328";
constexpr auto x509_sha256_type = "3bd2a492-96c0-4079-b420-fcf98ef103ed";
constexpr auto unknown_type = "00112233-4455-6677-8899-aabbccddeeff";

// One list, made by hand from the specification.
std::string list(const std::string& type, std::uint32_t entry, const std::string& entries,
                 const std::string& header = "") {
    std::string bytes = guid_bytes(type).value();
    append(bytes, static_cast<std::uint32_t>(28 + header.size() + entries.size()));
    append(bytes, static_cast<std::uint32_t>(header.size()));
    append(bytes, entry);
    return bytes + header + entries;
}

std::string made_by(const std::string& tool, const Arguments& before, const std::filesystem::path& from) {
    const auto scratch = Scratch::make("list").value();
    Arguments command{tool};
    command.insert(command.end(), before.begin(), before.end());
    command.insert(command.end(), {from, scratch.path() / "esl"});
    BOOST_REQUIRE(run_or_fail(command));
    return read_whole(scratch.path() / "esl").value();
}

std::string refusal_of(const std::string& bytes) {
    const auto parsed = parse_signature_database(bytes);
    BOOST_TEST((!parsed && parsed.error().code == Code::Corrupt));
    return parsed ? "" : parsed.error().what;
}

const std::string owner(16, 'o');

}  // namespace

BOOST_AUTO_TEST_CASE(lists_as_efitools_makes_them) {
    const auto scratch = Scratch::make("certificate").value();
    const auto key = scratch.path() / "key", pem = scratch.path() / "pem", der = scratch.path() / "der";
    BOOST_REQUIRE(run_or_fail({"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=list", "-days",
                               "2", "-keyout", key, "-out", pem}));
    BOOST_REQUIRE(run_or_fail({"openssl", "x509", "-in", pem, "-outform", "DER", "-out", der}));
    const std::filesystem::path stub = "/usr/lib/systemd/boot/efi/addonx64.efi.stub";
    const auto database =
        parse_signature_database(made_by("cert-to-efi-sig-list", {}, pem) + made_by("hash-to-efi-sig-list", {}, stub) +
                                 made_by("cert-to-efi-hash-list", {"-s", "256"}, pem) +
                                 made_by("cert-to-efi-hash-list", {"-s", "512"}, pem))
            .value();
    BOOST_REQUIRE(database.certificates.size() == 1U);
    BOOST_TEST(database.certificates.front() == read_whole(der).value());
    BOOST_REQUIRE(database.images.size() == 1U);
    BOOST_TEST(hex(database.images.front()) == hex(Pe::load(stub).value().authenticode()));
    BOOST_REQUIRE(database.revoked.size() == 2U);
    BOOST_TEST(database.revoked[0].digest.size() == 32U);
    BOOST_TEST(database.revoked[1].digest.size() == 64U);
    BOOST_TEST(database.passed_over.empty());
}

BOOST_AUTO_TEST_CASE(several_entries_a_head_of_their_own_and_a_time) {
    const std::string one(32, '\1'), two(32, '\2');
    const std::string time("\xe7\x07\x05\x09\0\0\0\0\0\0\0\0\0\0\0\0", 16);  // 9 May 2023
    const auto database =
        parse_signature_database(list(sha256_type, 48, owner + one + owner + two, "head") +
                                 list(x509_sha256_type, 64, owner + one + time + owner + two + std::string(16, '\0')))
            .value();
    BOOST_TEST(database.images.size() == 2U);
    BOOST_TEST(database.images[1][0] == 2);
    BOOST_TEST((database.revoked == std::vector<RevokedCertificate>{{one, "2023-05-09"}, RevokedCertificate{two, ""}}));
}

BOOST_AUTO_TEST_CASE(other_kinds_are_passed_over_and_counted_and_an_empty_list_is_none) {
    const auto database =
        parse_signature_database(list(unknown_type, 17, owner + "x" + owner + "y") +
                                 list("826ca512-cf10-4ac9-b187-be01496631bd", 36, owner + std::string(20, 's')) +
                                 list(sha256_type, 48, ""))
            .value();
    BOOST_TEST(database.images.empty());
    BOOST_TEST((database.passed_over == std::map<std::string, std::size_t>{{unknown_type, 2}, {"EFI_CERT_SHA1", 1}}));
    BOOST_TEST(parse_signature_database("").value().images.empty());
}

BOOST_AUTO_TEST_CASE(sizes_that_do_not_fit_are_refused) {
    const std::string whole = list(sha256_type, 48, owner + std::string(32, 'h'));
    for (std::size_t size = 1; size < whole.size(); ++size)
        BOOST_TEST(!parse_signature_database(whole.substr(0, size)), "cut to " << size);
    BOOST_TEST(refusal_of(whole + "x").contains("list 2: it ends within the head"));
    BOOST_TEST(refusal_of(list(sha256_type, 48, owner)).contains("ends within an entry"));
    BOOST_TEST(refusal_of(list(sha256_type, 0, "")).contains("entries of 0 bytes"));
    BOOST_TEST(refusal_of(list(unknown_type, 16, owner)).contains("entries of 16 bytes"));
    BOOST_TEST(refusal_of(list(x509_sha256_type, 48, owner + std::string(32, 'h'))).contains("entries of 48 bytes"));
    std::string large_header = whole;
    large_header[20] = 127;
    BOOST_TEST(refusal_of(large_header).contains("smaller than its head"));
    std::string small = whole;
    small[16] = 27;
    BOOST_TEST(refusal_of(small).contains("ends behind"));
    BOOST_TEST(refusal_of(std::string(signature_database_limit + 1, '\0')).contains("1 MiB"));
}
