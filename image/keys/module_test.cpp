#include "base/file.hpp"
#include "base/process.hpp"
#include "base/scratch.hpp"
#include "keys/keys.hpp"
#include "keys/module_signature.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast;
namespace fs = std::filesystem;

namespace {

struct Module {
    Scratch scratch = Scratch::make("module-test").value();
    fs::path directory = scratch.path() / "keys";
    fs::path file = scratch.path() / "gpu.ko";
    std::string bytes =
        "\x7f"
        "ELF and so on";
    Module() {
        keys::create(directory, {}).value();
        write_whole(file, bytes).value();
    }
    std::string sign() const {
        const auto keys = keys::open(directory).value();
        const auto done = keys::sign_module(keys, file);
        BOOST_REQUIRE_MESSAGE(done.has_value(), (done ? "" : done.error().what));
        return read_whole(file).value();
    }
    bool verifies(const std::string& content) const {
        write_whole(scratch.path() / "content", content).value();
        return run({"openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", scratch.path() / "signature",
                    "-content", scratch.path() / "content", "-certfile", directory / "db.crt", "-noverify", "-nointern",
                    "-out", "/dev/null"})
                   .value()
                   .exit == 0;
    }
};

constexpr std::string_view magic = "~Module signature appended~\n";

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_signed_module_ends_as_the_kernel_wants_it, Module) {
    const std::string made = sign();
    BOOST_TEST(made.starts_with(bytes));
    BOOST_TEST(made.ends_with(magic));
    const std::string descriptor = made.substr(made.size() - magic.size() - 12, 12);
    BOOST_TEST(descriptor.substr(0, 8) == std::string("\0\0\2\0\0\0\0\0", 8));
    BOOST_TEST(keys::without_signatures(made).value() == bytes);
    // The signature between them is over the module, and over no other.
    const std::size_t end = made.size() - magic.size() - 12;
    write_whole(scratch.path() / "signature", made.substr(bytes.size(), end - bytes.size())).value();
    BOOST_TEST(verifies(bytes));
    BOOST_TEST(!verifies(bytes + "!"));
}

BOOST_FIXTURE_TEST_CASE(the_same_module_signs_to_the_same_bytes_and_old_signatures_go, Module) {
    const std::string once = sign();
    BOOST_TEST((sign() == once));
}

BOOST_FIXTURE_TEST_CASE(a_signature_that_cannot_be_true_is_refused, Module) {
    for (const std::string& bad : {std::string(magic), std::string(12, '\xff') + std::string(magic)}) {
        const auto refused = keys::without_signatures(bad);
        BOOST_REQUIRE(!refused);
        BOOST_TEST((refused.error().code == Code::Corrupt));
    }
    BOOST_TEST(keys::without_signatures("no signature").value() == "no signature");
}

BOOST_FIXTURE_TEST_CASE(a_key_on_a_token_signs_modules_too, Module) {
    fs::create_directories(scratch.path() / "token");
    write_whole(scratch.path() / "softhsm2.conf",
                "directories.tokendir = " + (scratch.path() / "token").string() + "\n")
        .value();
    ::setenv("SOFTHSM2_CONF", (scratch.path() / "softhsm2.conf").c_str(), 1);
    run_or_fail({"softhsm2-util", "--init-token", "--free", "--label", "release", "--pin", "2468", "--so-pin", "2468"})
        .value();
    run_or_fail({"softhsm2-util", "--import", (directory / "db.key").string(), "--token", "release", "--label", "db",
                 "--id", "01", "--pin", "2468"})
        .value();
    const std::string with_file = sign();
    std::string papers = read_whole(directory / "keys.json").value();
    const std::string old = "\"db.key\"";
    papers.replace(papers.find(old), old.size(),
                   R"("pkcs11:token=release;object=db;type=private;pin-value=2468", )"
                   R"("pkcs11_module": "/usr/lib/softhsm/libsofthsm2.so")");
    write_whole(directory / "keys.json", papers, 0600).value();
    fs::remove(directory / "db.key");
    BOOST_TEST((sign() == with_file));
}
