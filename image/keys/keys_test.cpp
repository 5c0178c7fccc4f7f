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
    run({"gpgconf", "--homedir", keys.gnupg_home().string(), "--kill", "all"}).value();
}

// A software token with a db key of its own, as a production key would be on a hardware one.
struct Token : Copy {
    fs::path store = scratch.path() / "token";
    std::string pin = "2468";
    Token() {
        fs::create_directories(store);
        write_whole(scratch.path() / "softhsm2.conf", "directories.tokendir = " + store.string() + "\n").value();
        ::setenv("SOFTHSM2_CONF", (scratch.path() / "softhsm2.conf").c_str(), 1);
        run_or_fail({"softhsm2-util", "--init-token", "--free", "--label", "release", "--pin", pin, "--so-pin", pin}).value();
        run_or_fail({"softhsm2-util", "--import", (directory / "db.key").string(), "--token", "release", "--label", "db", "--id",
                     "01", "--pin", pin})
            .value();
        fs::remove(directory / "db.key");
        write_papers(R"("pkcs11_module": "/usr/lib/softhsm/libsofthsm2.so", )");
    }
    void write_papers(const std::string& module) const {
        write_whole(directory / "keys.json",
                    R"({"format": 1, "label": "production", "release_key": "00", )" + module +
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
