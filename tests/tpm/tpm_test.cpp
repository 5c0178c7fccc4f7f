#include "base/file.hpp"
#include "base/text.hpp"
#include "tpm/attested.hpp"
#include "tpm/public_key.hpp"
#include "tpm/real_tpm.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <openssl/x509.h>

using namespace holdfast;
using namespace holdfast::tpm;

namespace {

constexpr std::array<unsigned, 6> boot_pcrs{0, 2, 4, 7, 11, 12};

template <class T>
void refused(const Result<T>& result, Code code) {
    BOOST_REQUIRE(!result.has_value());
    BOOST_TEST_CONTEXT(result.error().what) BOOST_TEST((result.error().code == code));
}

void write(const std::filesystem::path& file, std::string_view bytes) {
    good(write_whole(file, bytes));
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_tpm_says_what_it_is) {
    const RealTpm real;
    const auto about = good(real.open().about());
    BOOST_TEST(about.manufacturer == "IBM");
    BOOST_TEST(about.firmware != 0U);
    BOOST_TEST(!about.locked_out);
    BOOST_TEST(!about.owner_guarded);
}

BOOST_AUTO_TEST_CASE(a_tpm_that_is_not_there_is_told) {
    refused(Tpm::open("swtpm:path=/nowhere/tpm"), Code::Offline);
    refused(Tpm::open("device:/dev/no-such-tpm"), Code::Offline);
    refused(Tpm::open("nonsense"), Code::Offline);
}

// Wrong answers to others' keys lock the TPM. What a box needs of it asks for no secret, so it goes on.
BOOST_AUTO_TEST_CASE(a_tpm_that_is_locked_out_says_so_and_serves_the_box_all_the_same) {
    const RealTpm real;
    real.tool({"tpm2_dictionarylockout", "--setup-parameters", "--max-tries=1", "--recovery-time=1000",
               "--lockout-recovery-time=1000"});
    real.tool({"tpm2_createprimary", "-Q", "-C", "o", "-c", "parent.ctx", "-p", "secret"});
    real.tool({"tpm2_flushcontext", "-t"});
    BOOST_TEST(real.exit_of({"tpm2_create", "-Q", "-C", "parent.ctx", "-P", "wrong", "-u", "pub", "-r", "priv"}) != 0);
    real.tool({"tpm2_flushcontext", "-t"});
    auto tpm = real.open();
    BOOST_TEST(good(tpm.about()).locked_out);
    BOOST_TEST(good(tpm.about()).failed_tries >= 1U);
    const auto attestation = good(tpm.create_attestation_key());
    good(tpm.quote(attestation, "nonce", boot_pcrs));
    // And where the secret is asked for, it is told and does not hang.
    BOOST_TEST(real.exit_of({"tpm2_create", "-Q", "-C", "parent.ctx", "-P", "secret", "-u", "pub", "-r", "priv"}) != 0);
}

BOOST_AUTO_TEST_CASE(the_endorsement_keys_are_those_that_the_field_s_tools_make) {
    const RealTpm real(RealTpm::Certificates::Yes);
    for (const auto& [type, name] : {std::pair{EkType::Rsa2048, "rsa"}, {EkType::EccP256, "ecc"}}) {
        real.tool({"tpm2_createek", "-G", name, "-u", "ek.pub", "-c", "ek.ctx"});
        auto tpm = real.open();
        const std::string ours = good(tpm.ek_public(type));
        BOOST_TEST((good(read_whole(real.folder() / "ek.pub")) == ours));
        const auto certificate = good(tpm.ek_certificate(type));
        // swtpm's manufacturer certifies RSA 2048 and, of the elliptic ones, P-384.
        BOOST_REQUIRE(certificate.has_value() == (type == EkType::Rsa2048));
        if (!certificate) continue;
        const auto* bytes = reinterpret_cast<const unsigned char*>(certificate->data());
        const Handle<X509, X509_free> parsed(d2i_X509(nullptr, &bytes, static_cast<long>(certificate->size())));
        BOOST_REQUIRE(parsed != nullptr);
        BOOST_TEST(EVP_PKEY_eq(X509_get0_pubkey(parsed.get()), good(public_key(ours)).get()) == 1);
    }
}

BOOST_AUTO_TEST_CASE(a_tpm_without_certificates_has_none) {
    const RealTpm real;
    auto tpm = real.open();
    BOOST_TEST(!good(tpm.ek_certificate(EkType::Rsa2048)).has_value());
    BOOST_TEST(!good(tpm.ek_certificate(EkType::EccP256)).has_value());
}

BOOST_AUTO_TEST_CASE(keys_are_what_an_authority_wants_of_them) {
    const RealTpm real;
    auto tpm = real.open();
    const Attributes in_the_tpm{.fixed_tpm = true, .fixed_parent = true, .made_in_tpm = true};
    Attributes wanted = in_the_tpm;
    wanted.signs = true;
    BOOST_TEST((good(attributes(good(tpm.create_device_key()).public_area)) == wanted));
    wanted.restricted = true;
    BOOST_TEST((good(attributes(good(tpm.create_attestation_key()).public_area)) == wanted));
    wanted.signs = false;
    wanted.decrypts = true;
    for (const auto type : {EkType::Rsa2048, EkType::EccP256})
        BOOST_TEST((good(attributes(good(tpm.ek_public(type)))) == wanted));
}

BOOST_AUTO_TEST_CASE(a_quote_is_of_the_pcrs_and_tpm2_tools_agree) {
    const RealTpm real;
    real.tool({"tpm2_pcrextend", "11:sha256=" + std::string(64, 'a')});
    auto tpm = real.open();
    const Key key = good(tpm.create_attestation_key());
    const auto made = good(tpm.quote(key, "fresh", boot_pcrs));
    good(check_signature(key.public_area, made.statement, made.signature));
    const auto quoted = good(read_quote(made.statement));
    BOOST_TEST(quoted.nonce == "fresh");
    BOOST_TEST((quoted.pcrs == std::set<unsigned>(boot_pcrs.begin(), boot_pcrs.end())));
    Sha256 all;
    for (const auto& [number, value] : good(tpm.read_pcrs(boot_pcrs))) all.add(value);
    BOOST_TEST((all.finish() == quoted.digest));

    write(real.folder() / "ak.pub", key.public_area);
    write(real.folder() / "message", made.statement);
    write(real.folder() / "signature", made.signature);
    const std::string nonce = hex(std::span(reinterpret_cast<const unsigned char*>("fresh"), 5));
    const auto check = [&](const std::string& with) {
        return real.exit_of(
            {"tpm2_checkquote", "-u", "ak.pub", "-m", "message", "-s", "signature", "-g", "sha256", "-q", with});
    };
    BOOST_TEST(check(nonce) == 0);
    BOOST_TEST(check("00" + nonce) != 0);
}

BOOST_AUTO_TEST_CASE(a_quote_with_one_bit_changed_or_of_another_key_is_refused) {
    const RealTpm real;
    auto tpm = real.open();
    const Key key = good(tpm.create_attestation_key()), other = good(tpm.create_attestation_key());
    const auto made = good(tpm.quote(key, "fresh", boot_pcrs));
    refused(check_signature(other.public_area, made.statement, made.signature), Code::Denied);
    for (const std::size_t at : {0UL, made.statement.size() / 2, made.statement.size() - 1}) {
        std::string changed = made.statement;
        changed[at] = static_cast<char>(changed[at] ^ 1);
        refused(check_signature(key.public_area, changed, made.signature), Code::Denied);
    }
    refused(read_quote(made.statement + "x"), Code::Corrupt);
    refused(read_quote(made.statement.substr(0, 20)), Code::Corrupt);
    refused(read_certification(made.statement), Code::Corrupt);
}

BOOST_AUTO_TEST_CASE(the_attestation_key_vouches_for_the_device_key_beside_it) {
    const RealTpm real;
    auto tpm = real.open();
    const Key key = good(tpm.create_attestation_key()), device = good(tpm.create_device_key());
    const auto made = good(tpm.certify(key, device, "nonce"));
    good(check_signature(key.public_area, made.statement, made.signature));
    const auto certified = good(read_certification(made.statement));
    BOOST_TEST(certified.nonce == "nonce");
    BOOST_TEST((certified.name == good(name_of(device.public_area))));
    BOOST_TEST((certified.name != good(name_of(key.public_area))));
}

BOOST_AUTO_TEST_CASE(the_device_key_signs_as_openssl_expects) {
    const RealTpm real;
    auto tpm = real.open();
    const Key device = good(tpm.create_device_key());
    const std::string signature = good(tpm.sign(device, sha256("words")));
    const auto key = good(public_key(device.public_area));
    const Handle<EVP_MD_CTX, EVP_MD_CTX_free> context(EVP_MD_CTX_new());
    BOOST_REQUIRE(EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) == 1);
    BOOST_TEST(EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(signature.data()),
                                signature.size(), reinterpret_cast<const unsigned char*>("words"), 5) == 1);
    // The attestation key signs nothing that did not come from the TPM itself.
    BOOST_TEST(!tpm.sign(good(tpm.create_attestation_key()), sha256("words")).has_value());
}

BOOST_AUTO_TEST_CASE(a_credential_is_opened_by_that_tpm_with_that_key_alone) {
    const RealTpm real, stranger;
    auto tpm = real.open(), other_tpm = stranger.open();
    const Key key = good(tpm.create_attestation_key()), sibling = good(tpm.create_attestation_key());
    const Key foreign = good(other_tpm.create_attestation_key());
    const std::string secret = "thirty-two bytes and not a bit m";
    for (const auto type : {EkType::Rsa2048, EkType::EccP256}) {
        const auto wrapped = good(make_credential(good(tpm.ek_public(type)), good(name_of(key.public_area)), secret));
        BOOST_TEST(good(tpm.activate(key, type, wrapped)) == secret);
        refused(tpm.activate(sibling, type, wrapped), Code::Denied);
        refused(other_tpm.activate(foreign, type, wrapped), Code::Denied);
        auto broken = wrapped;
        broken.blob.back() = static_cast<char>(broken.blob.back() ^ 1);
        refused(tpm.activate(key, type, broken), Code::Denied);
        refused(tpm.activate(key, type, {wrapped.blob.substr(1), wrapped.secret}), Code::Corrupt);
    }
    refused(make_credential(key.public_area, good(name_of(key.public_area)), secret), Code::Corrupt);
}

BOOST_AUTO_TEST_CASE(a_credential_of_tpm2_tools_is_opened) {
    const RealTpm real;
    auto tpm = real.open();
    const Key key = good(tpm.create_attestation_key());
    write(real.folder() / "ek.pub", good(tpm.ek_public(EkType::Rsa2048)));
    write(real.folder() / "secret", "from another tool");
    const std::string name = good(name_of(key.public_area));
    const std::string digits = hex(std::span(reinterpret_cast<const unsigned char*>(name.data()), name.size()));
    real.tool({"tpm2_makecredential", "-T", "none", "-u", "ek.pub", "-s", "secret", "-n", digits, "-o", "wrapped"});
    // Magic and version of tpm2-tools, then the two structures.
    const std::string file = good(read_whole(real.folder() / "wrapped"));
    const std::size_t begin = 8, blob = 2U + (static_cast<unsigned char>(file[begin]) << 8U |
                                              static_cast<unsigned char>(file[begin + 1]));
    BOOST_TEST(good(tpm.activate(key, EkType::Rsa2048, {file.substr(begin, blob), file.substr(begin + blob)})) ==
               "from another tool");
}

BOOST_AUTO_TEST_CASE(keys_of_another_tpm_or_of_before_a_clear_are_refused) {
    const RealTpm real, stranger;
    auto tpm = real.open();
    const Key key = good(tpm.create_attestation_key());
    refused(stranger.open().quote(key, "fresh", boot_pcrs), Code::Denied);
    // The software TPM serves one at a time.
    {
        const auto closed = std::move(tpm);
    }
    real.tool({"tpm2_clear"});
    auto again = real.open();
    const auto gone = again.quote(key, "fresh", boot_pcrs);
    refused(gone, Code::Denied);
    BOOST_TEST(gone.error().what.contains("the TPM was cleared"));
    // The endorsement key outlives it.
    good(again.quote(good(again.create_attestation_key()), "fresh", boot_pcrs));
}
