#include "keys/keys.hpp"

#include "base/file.hpp"
#include "base/process.hpp"
#include "base/scratch.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast;
namespace fs = std::filesystem;

namespace {

// One set of keys for all cases; each case that breaks something works on a copy.
struct Made {
    Scratch scratch = Scratch::make("keys").value();
    fs::path directory = scratch.path() / "keys";
    Made() { keys::create(directory, {}).value(); }
};

const fs::path& made() {
    static const Made one;
    return one.directory;
}

struct Copy {
    Scratch scratch = Scratch::make("keys-copy").value();
    fs::path directory = scratch.path() / "keys";
    Copy() { fs::copy(made(), directory, fs::copy_options::recursive); }
    std::string error() const {
        const auto opened = keys::open(directory);
        return opened ? "" : opened.error().what;
    }
};

constexpr auto program = "/usr/lib/systemd/boot/efi/systemd-bootx64.efi";
constexpr auto signed_at = "1700000000";

}  // namespace

BOOST_AUTO_TEST_CASE(what_was_made_opens_and_says_that_it_is_for_development) {
    const auto keys = keys::open(made()).value();
    BOOST_TEST(keys.development());
    BOOST_TEST(keys.fingerprint().size() == 40U);
    const std::string subject =
        run_or_fail({"openssl", "x509", "-noout", "-subject", "-in", keys.certificate("db").string()}).value();
    BOOST_TEST(subject.contains("DEVELOPMENT db (not for production)"));
}

BOOST_AUTO_TEST_CASE(nothing_that_was_made_can_be_read_by_others) {
    for (const auto& entry : fs::recursive_directory_iterator(made())) BOOST_TEST_CONTEXT(entry.path())
    BOOST_TEST(((entry.status().permissions() & (fs::perms::group_all | fs::perms::others_all)) == fs::perms::none));
}

BOOST_AUTO_TEST_CASE(keys_are_never_overwritten) {
    const auto again = keys::create(made(), {});
    BOOST_REQUIRE(!again);
    BOOST_TEST((again.error().code == Code::Denied));
}

BOOST_FIXTURE_TEST_CASE(a_directory_that_others_can_read_is_refused, Copy) {
    fs::permissions(directory, fs::perms::others_read, fs::perm_options::add);
    BOOST_TEST(error().contains("chmod -R go-rwx " + directory.string()));
}

BOOST_FIXTURE_TEST_CASE(a_key_that_the_group_can_read_is_refused, Copy) {
    fs::permissions(directory / "db.key", fs::perms::group_read, fs::perm_options::add);
    BOOST_TEST(error().contains("db.key can be read by others"));
}

BOOST_FIXTURE_TEST_CASE(a_missing_part_is_named, Copy) {
    fs::remove(directory / "auth/KEK.auth");
    BOOST_TEST(error().contains("lacks " + (directory / "auth/KEK.auth").string()));
}

BOOST_FIXTURE_TEST_CASE(broken_papers_are_refused, Copy) {
    write_whole(directory / "keys.json", "{\"format\": 2}", 0600).value();
    BOOST_TEST(error().contains("keys.json: must hold format 1"));
}

BOOST_FIXTURE_TEST_CASE(a_word_in_the_papers_that_nobody_knows_is_refused, Copy) {
    const std::string papers = read_whole(directory / "keys.json").value();
    write_whole(directory / "keys.json", "{\"db_kye\": \"x\"," + papers.substr(1), 0600).value();
    BOOST_TEST(error().contains("db_kye"));
}

BOOST_FIXTURE_TEST_CASE(a_secret_that_others_can_read_inside_gpgs_home_is_refused, Copy) {
    for (const auto& entry : fs::directory_iterator(directory / "gnupg/private-keys-v1.d"))
        fs::permissions(entry.path(), fs::perms::others_read, fs::perm_options::add);
    BOOST_TEST(error().contains("private-keys-v1.d"));
}

BOOST_FIXTURE_TEST_CASE(broken_parts_are_named, Copy) {
    for (const auto* part : {"db.crt", "db.key", "release.gpg"}) {
        const std::string good = read_whole(directory / part).value();
        write_whole(directory / part, "rubbish", 0600).value();
        BOOST_TEST(error().contains(part));
        write_whole(directory / part, good, 0600).value();
    }
    BOOST_TEST(error() == "");
}

BOOST_FIXTURE_TEST_CASE(parts_of_two_key_directories_do_not_mix, Copy) {
    keys::create(scratch.path() / "other", {}).value();
    for (const auto* part : {"db.key", "auth/db.auth", "auth/PK.auth", "release.gpg"}) {
        const std::string ours = read_whole(directory / part).value();
        write_whole(directory / part, read_whole(scratch.path() / "other" / part).value(), 0600).value();
        BOOST_TEST_CONTEXT(part << ": " << error()) BOOST_TEST(error().contains(part));
        write_whole(directory / part, ours, 0600).value();
    }
}

BOOST_FIXTURE_TEST_CASE(a_release_key_without_its_secret_half_is_refused, Copy) {
    fs::remove_all(directory / "gnupg/private-keys-v1.d");
    BOOST_TEST(error().contains("lacks the secret half"));
}

// An option ROM's certificate, as DER, as vendors hand them out.
struct Vendor : Copy {
    std::string der;
    Vendor() {
        const auto pem = scratch.path() / "vendor.pem", key = scratch.path() / "vendor.key";
        run_or_fail({"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=vendor", "-keyout", key,
                     "-out", pem})
            .value();
        fs::create_directory(directory / "db-extra");
        run_or_fail({"openssl", "x509", "-in", pem, "-outform", "DER", "-out", directory / "db-extra/vendor.crt"})
            .value();
        der = read_whole(directory / "db-extra/vendor.crt").value();
    }
    std::string list() const { return read_whole(directory / "auth/db.auth").value(); }
};

BOOST_FIXTURE_TEST_CASE(a_vendors_certificate_joins_db, Vendor) {
    BOOST_TEST(!list().contains(der));
    BOOST_TEST(error() == "");
    BOOST_TEST(list().contains(der));
    const std::string once = list();
    BOOST_TEST(error() == "");
    BOOST_TEST((list() == once));
}

BOOST_FIXTURE_TEST_CASE(a_vendors_certificate_needs_the_key_above_db, Vendor) {
    fs::remove(directory / "KEK.key");
    BOOST_TEST(error().contains("vendor.crt; put KEK.key"));
}

BOOST_FIXTURE_TEST_CASE(a_build_needs_neither_pk_nor_kek, Copy) {
    for (const auto* part : {"PK.key", "PK.crt", "KEK.key", "KEK.crt"}) fs::remove(directory / part);
    BOOST_TEST(error() == "");
}

// gpg-agent's sockets would not fit into this name.
BOOST_FIXTURE_TEST_CASE(a_long_path_is_no_trouble_and_no_agent_stays, Copy) {
    const fs::path far = scratch.path() / std::string(120, 'x') / "keys";
    keys::create(far, {}).value();
    {
        const auto keys = keys::open(far).value();
        write_whole(scratch.path() / "file", "text").value();
        BOOST_TEST(keys::sign_detached(keys, scratch.path() / "file", scratch.path() / "file.asc").has_value());
        BOOST_TEST(fs::exists(far / "gnupg/S.gpg-agent"));
    }
    // The agent removes its socket on its way out, a moment after it was told to go.
    for (int i = 0; i < 500 && fs::exists(far / "gnupg/S.gpg-agent"); ++i) run({"true"}).value();
    BOOST_TEST(!fs::exists(far / "gnupg/S.gpg-agent"));
}

BOOST_AUTO_TEST_CASE(a_directory_that_is_not_there_says_how_to_make_one) {
    const auto opened = keys::open("/no/such/keys");
    BOOST_REQUIRE(!opened);
    BOOST_TEST(opened.error().what.contains("keys create /no/such/keys"));
}

BOOST_FIXTURE_TEST_CASE(a_signed_program_verifies_and_a_changed_one_does_not, Copy) {
    const auto keys = keys::open(directory).value();
    const fs::path out = scratch.path() / "signed.efi";
    keys::sign_pe(keys, program, out, signed_at).value();
    std::string bytes = read_whole(out).value();
    bytes[bytes.size() / 2] ^= 1;
    write_whole(out, bytes).value();
    BOOST_TEST(run({"sbverify", "--cert", keys.certificate("db").string(), out.string()}).value().exit != 0);
}

BOOST_FIXTURE_TEST_CASE(the_same_program_signs_to_the_same_bytes, Copy) {
    const auto keys = keys::open(directory).value();
    keys::sign_pe(keys, program, scratch.path() / "a", signed_at).value();
    keys::sign_pe(keys, program, scratch.path() / "b", signed_at).value();
    BOOST_TEST((read_whole(scratch.path() / "a").value() == read_whole(scratch.path() / "b").value()));
}

BOOST_FIXTURE_TEST_CASE(a_detached_signature_is_taken_by_gpgv, Copy) {
    const auto keys = keys::open(directory).value();
    const fs::path file = scratch.path() / "file";
    write_whole(file, "text").value();
    const auto done = keys::sign_detached(keys, file, file.string() + ".asc");
    BOOST_REQUIRE_MESSAGE(done.has_value(), (done ? "" : done.error().what));
    const Arguments verify{"gpgv", "--keyring", keys.keyring().string(), file.string() + ".asc", file.string()};
    BOOST_TEST(run(verify).value().exit == 0);
    write_whole(file, "tent").value();
    BOOST_TEST(run(verify).value().exit != 0);
}

// A software token with a db key of its own, as a production key would be on a hardware one.
struct Token : Copy {
    fs::path store = scratch.path() / "token";
    std::string pin = "2468";
    std::string fingerprint = keys::open(made()).value().fingerprint();
    Token() {
        fs::create_directories(store);
        write_whole(scratch.path() / "softhsm2.conf", "directories.tokendir = " + store.string() + "\n").value();
        ::setenv("SOFTHSM2_CONF", (scratch.path() / "softhsm2.conf").c_str(), 1);
        run_or_fail({"softhsm2-util", "--init-token", "--free", "--label", "release", "--pin", pin, "--so-pin", pin})
            .value();
        run_or_fail({"softhsm2-util", "--import", (directory / "db.key").string(), "--token", "release", "--label",
                     "db", "--id", "01", "--pin", pin})
            .value();
        fs::remove(directory / "db.key");
        write_papers(R"("pkcs11_module": "/usr/lib/softhsm/libsofthsm2.so", )");
    }
    void write_papers(const std::string& module) const {
        write_whole(directory / "keys.json",
                    R"({"format": 1, "label": "production", "release_key": ")" + fingerprint + "\", " + module +
                        R"("db_key": "pkcs11:token=release;object=db;type=private;pin-value=)" + pin + "\"}",
                    0600)
            .value();
    }
};

BOOST_FIXTURE_TEST_CASE(a_key_on_a_token_signs_too, Token) {
    const auto keys = keys::open(directory).value();
    BOOST_TEST(!keys.development());
    const auto done = keys::sign_pe(keys, program, scratch.path() / "signed.efi", signed_at);
    BOOST_TEST(done.has_value(), (done ? "" : done.error().what));
}

BOOST_FIXTURE_TEST_CASE(a_token_without_its_library_is_refused, Token) {
    write_papers("");
    BOOST_TEST(error().contains("add \"pkcs11_module\""));
}
