#include "boot/revocation.hpp"

#include "base/process.hpp"
#include "base/scratch.hpp"
#include "base/text.hpp"
#include "boot/authenticode.hpp"
#include "boot/variable.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>

using namespace holdfast;
using namespace holdfast::boot;
namespace fs = std::filesystem;
using Because = Refusal::Because;

namespace {

const fs::path efi = "/usr/lib/systemd/boot/efi";
const fs::path stub = efi / "addonx64.efi.stub";

void run(const Arguments& arguments) {
    const auto done = run_or_fail(arguments);
    BOOST_REQUIRE_MESSAGE(done, (done ? "" : done.error().what));
}

// Keys made once for all tests: "signer" was issued by "issuer", "stranger" by itself.
struct Keys {
    Scratch scratch = Scratch::make("keys").value();
    fs::path key(const std::string& name) const { return scratch.path() / (name + ".key"); }
    fs::path certificate(const std::string& name) const { return scratch.path() / (name + ".crt"); }

    Keys() {
        for (const std::string name : {"issuer", "stranger"})
            run({"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=" + name, "-days", "2",
                 "-keyout", key(name), "-out", certificate(name)});
        run({"openssl", "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=signer", "-keyout", key("signer"), "-out",
             scratch.path() / "request"});
        run({"openssl", "x509", "-req", "-in", scratch.path() / "request", "-CA", certificate("issuer"), "-CAkey",
             key("issuer"), "-days", "2", "-out", certificate("signer")});
    }
};

const Keys& keys() {
    static const Keys made;
    return made;
}

// A box with variables, and a folder for programs.
struct Box {
    Scratch scratch = Scratch::make("revocation").value();
    fs::path root = scratch.path() / "root", work = scratch.path() / "work";
    Box() {
        fs::create_directories(variables_folder(root));
        fs::create_directories(work);
    }

    fs::path sign(const fs::path& file, const std::string& by, const Arguments& more = {}) const {
        fs::path out = work / (by + "-" + file.filename().string());
        Arguments command{"sbsign", "--key", keys().key(by), "--cert", keys().certificate(by), "--output", out};
        command.insert(command.end(), more.begin(), more.end());
        command.push_back(file);
        run(command);
        run({"sbverify", "--cert", keys().certificate(by), out});
        return out;
    }
    // What a tool of efitools makes of one file.
    std::string list(Arguments tool, const fs::path& from) const {
        const fs::path out = work / "esl";
        tool.insert(tool.end(), {from, out});
        run(tool);
        return read_whole(out).value();
    }
    std::string certificate_list(const std::string& name) const {
        return list({"cert-to-efi-sig-list"}, keys().certificate(name));
    }
    std::string hash_list(const fs::path& file) const { return list({"hash-to-efi-sig-list"}, file); }
    void variable(const std::string& name, const std::string& bytes) const {
        BOOST_REQUIRE(write_variable(root, name, name.starts_with("Sbat") ? vendor::shim : vendor::security, bytes));
    }
    std::optional<Refusal> ask(const fs::path& file) const {
        return refusal(read_revocations(root).value(), Pe::load(file).value());
    }
    bool starts(const fs::path& file) const { return !ask(file); }
    bool refused(const fs::path& file, Because because, const std::string& sentence) const {
        const auto found = ask(file);
        BOOST_TEST_CONTEXT(file << ": " << (found ? found->what : "starts"))
        BOOST_TEST((found && found->because == because && found->what.contains(sentence)));
        return found.has_value();
    }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(without_variables_everything_starts, Box) {
    const auto found = read_revocations(root).value();
    BOOST_TEST(!found.trusted);
    BOOST_TEST((found.secure_boot == SecureBoot::Unknown));
    BOOST_TEST((read_revocations("/nowhere").value().secure_boot == SecureBoot::NoFirmware));
    BOOST_TEST(starts(stub));
    BOOST_TEST(starts(sign(stub, "signer")));
}

BOOST_FIXTURE_TEST_CASE(a_revoked_hash_stops_the_program_whoever_signed_it, Box) {
    const auto file = sign(stub, "signer");
    variable("dbx", certificate_list("stranger") + hash_list(file));
    refused(file, Because::Revoked, "revoked its hash");
    BOOST_TEST(starts(efi / "systemd-bootx64.efi"));
}

BOOST_FIXTURE_TEST_CASE(a_revoked_signer_or_issuer_stops_what_it_signed, Box) {
    const auto alone = sign(stub, "signer");
    variable("dbx", certificate_list("signer"));
    refused(alone, Because::Revoked, "signed by CN=signer, which this firmware has revoked");
    variable("dbx", certificate_list("issuer"));
    refused(alone, Because::Revoked, "signed by CN=signer, whose issuer CN=issuer this firmware has revoked");
    BOOST_TEST(starts(sign(stub, "stranger")));
    BOOST_TEST(starts(stub));
}

// cert-to-efi-hash-list hashes TBSCertificate on its own; the time is what it was told.
BOOST_FIXTURE_TEST_CASE(a_certificate_revoked_by_its_hash, Box) {
    const auto alone = sign(stub, "signer");
    const auto whole = sign(efi / "systemd-bootx64.efi", "signer", {"--addcert", keys().certificate("issuer")});
    for (const char* bits : {"256", "384", "512"}) {
        variable("dbx", list({"cert-to-efi-hash-list", "-s", bits, "-t", "2023-05-09 00:00:00"},
                             keys().certificate("signer")));
        refused(alone, Because::Revoked, "CN=signer, which this firmware has revoked (dbx) from 2023-05-09 on");
        variable("dbx", list({"cert-to-efi-hash-list", "-s", bits, "-t", "0000-00-00 00:00:00"},
                             keys().certificate("issuer")));
        refused(whole, Because::Revoked, "whose issuer CN=issuer");
        BOOST_TEST(starts(alone));  // nothing at hand tells who that issuer is
    }
    variable("db", certificate_list("issuer"));
    refused(alone, Because::Revoked, "whose issuer CN=issuer");
}

BOOST_FIXTURE_TEST_CASE(db_trusts_a_signer_its_issuer_or_a_hash, Box) {
    const auto file = sign(stub, "signer");
    for (const auto& list : {certificate_list("signer"), certificate_list("issuer"), hash_list(stub)}) {
        variable("db", list);
        BOOST_TEST(starts(file));
    }
    BOOST_TEST(starts(stub));  // by its hash, without a signature
    variable("db", certificate_list("stranger"));
    refused(file, Because::NotTrusted, "not signed by a key that this firmware trusts (db), but by CN=signer");
    refused(stub, Because::NotTrusted, "it is not signed");
    // A signer's certificate may not issue others.
    variable("db", certificate_list("signer"));
    refused(sign(stub, "stranger"), Because::NotTrusted, "but by CN=stranger");
}

BOOST_FIXTURE_TEST_CASE(a_changed_program_is_not_the_one_that_was_signed, Box) {
    variable("db", certificate_list("issuer"));
    const auto file = sign(efi / "systemd-bootx64.efi", "signer");
    auto bytes = read_whole(file).value();
    bytes[0x2000] ^= 1;
    BOOST_REQUIRE(write_whole(file, bytes));
    refused(file, Because::NotTrusted, "by CN=signer does not match its bytes");
}

// A signature whose own bytes were changed: the hash in it still fits.
BOOST_FIXTURE_TEST_CASE(a_changed_signature_vouches_for_nothing, Box) {
    const auto file = sign(stub, "signer");
    const auto pe = Pe::load(file).value();
    std::string bytes(parse_certificate_table(pe.certificates()).value().at(0));
    BOOST_TEST(read_signature(bytes, pe.authenticode(), {}).value().vouches);
    bytes[bytes.size() - 20] ^= 1;
    const auto changed = read_signature(bytes, pe.authenticode(), {}).value();
    BOOST_TEST(!changed.vouches);
    BOOST_TEST(changed.chain.front().subject == "CN=signer");
}

BOOST_FIXTURE_TEST_CASE(of_two_signatures_one_trusted_is_enough_and_one_revoked_too_much, Box) {
    const auto both = sign(sign(stub, "stranger"), "signer");
    BOOST_TEST(parse_certificate_table(Pe::load(both).value().certificates()).value().size() == 2U);
    variable("db", certificate_list("issuer"));
    BOOST_TEST(starts(both));
    variable("dbx", certificate_list("stranger"));
    refused(both, Because::Revoked, "CN=stranger");
}

BOOST_FIXTURE_TEST_CASE(an_sbat_level_stops_what_is_older, Box) {
    const auto loader = efi / "systemd-bootx64.efi";
    variable("SbatLevel", "sbat,1,2024010900\nsystemd-boot,1\n");
    BOOST_TEST(starts(loader));
    variable("SbatLevelRT", "sbat,1,2024010900\nsystemd-boot,2\n");
    refused(loader, Because::Outdated, "component systemd-boot is of generation 1");
}

BOOST_FIXTURE_TEST_CASE(nonsense_in_a_variable_is_named, Box) {
    variable("dbx", "nonsense");
    BOOST_TEST(read_revocations(root).error().what == "dbx: list 1: it ends within the head of a list");
    variable("dbx", "");
    variable("SbatLevelRT", "sbat");
    BOOST_TEST(read_revocations(root).error().what == "SbatLevelRT: SBAT, line 1: fewer than 2 fields");
}

BOOST_FIXTURE_TEST_CASE(a_certificate_table_that_does_not_fit_is_refused, Box) {
    const auto file = sign(stub, "signer");
    const auto pe = Pe::load(file).value();
    const std::string table(pe.certificates());
    for (std::size_t size = 1; size < table.size(); ++size)
        BOOST_TEST(!parse_certificate_table(table.substr(0, size)), "cut to " << size);
    BOOST_TEST(parse_certificate_table("").value().empty());
    std::string other = table;
    other[6] = 1;  // WIN_CERT_TYPE_X509, which nobody uses
    BOOST_TEST(parse_certificate_table(other).value().empty());
    for (const auto& bytes : {std::string("junk"), table.substr(8, 200), std::string()})
        BOOST_TEST((read_signature(bytes, pe.authenticode(), {}).error().code == Code::Corrupt));
}

BOOST_FIXTURE_TEST_CASE(the_whole_esp_is_looked_at, Box) {
    const fs::path esp = work / "esp", linux = esp / "EFI/Linux";
    BOOST_TEST((check_esp({}, esp).error().code == Code::NotFound));
    for (const auto* folder : {"EFI/systemd", "EFI/BOOT", "EFI/Linux/holdfast-7-a.efi.extra.d"})
        fs::create_directories(esp / folder);
    const auto loader = sign(efi / "systemd-bootx64.efi", "signer");
    fs::copy_file(loader, esp / "EFI/systemd/systemd-bootx64.efi");
    fs::copy_file(loader, esp / "EFI/BOOT/BOOTX64.EFI");
    fs::copy_file(sign(efi / "linuxx64.efi.stub", "signer"), linux / "holdfast-7-a+3.efi");
    fs::copy_file(sign(stub, "stranger"), linux / "holdfast-7-a.efi.extra.d/slot.addon.efi");
    BOOST_REQUIRE(write_whole(linux / "holdfast-6-b.efi", "half"));
    BOOST_REQUIRE(write_whole(linux / "holdfast-6-b.efi.new", "half"));
    variable("db", certificate_list("issuer"));
    const auto checked = check_esp(read_revocations(root).value(), esp).value();
    BOOST_REQUIRE(checked.size() == 5U);
    const auto of = [&](const fs::path& file) {
        return std::ranges::find(checked, esp / file, &CheckedProgram::file)->refusal;
    };
    BOOST_TEST(!of("EFI/systemd/systemd-bootx64.efi"));
    BOOST_TEST(!of("EFI/BOOT/BOOTX64.EFI"));
    BOOST_TEST(!of("EFI/Linux/holdfast-7-a+3.efi"));
    BOOST_TEST((of("EFI/Linux/holdfast-7-a.efi.extra.d/slot.addon.efi")->because == Because::NotTrusted));
    BOOST_TEST((of("EFI/Linux/holdfast-6-b.efi")->because == Because::Damaged));
}
