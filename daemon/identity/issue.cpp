#include "identity/issue.hpp"

#include "base/openssl.hpp"
#include "identity/x509.hpp"

#include <array>
#include <openssl/rand.h>

namespace holdfast::identity {

namespace {

using Extension = Handle<X509_EXTENSION, X509_EXTENSION_free>;
using Subtree = Handle<GENERAL_SUBTREE, GENERAL_SUBTREE_free>;

constexpr std::size_t serial_bytes = 16;

using Subject = std::vector<std::pair<const char*, std::string>>;  // "O" and "clinic.example"

// Where a box stands, as a name: what its own authority gives has a subject below it.
Subject place_of(const SpiffeId& id) {
    return {{"O", id.trust_domain}, {"OU", id.site}, {"OU", id.box}};
}

Result<Name> name_of(const Subject& subject) {
    Name name(X509_NAME_new());
    for (const auto& [type, value] : subject)
        if (X509_NAME_add_entry_by_txt(name.get(), type, MBSTRING_UTF8,
                                       reinterpret_cast<const unsigned char*>(value.c_str()), -1, -1, 0) != 1)
            return openssl_failed("'" + value + "' in a certificate, which takes 64 letters");
    return name;
}

using Extensions = std::vector<std::pair<int, std::string>>;  // NID and value, as x509v3_config(5) writes it

// What one certificate is to say besides its key.
struct Wanted {
    Subject subject;
    Validity validity;
    Extensions extensions;
    Subject permitted = {};  // what the subjects below it begin with
};

Result<> set_serial(X509* certificate) {
    std::array<unsigned char, serial_bytes> bytes{};
    if (RAND_bytes(bytes.data(), bytes.size()) != 1) return openssl_failed("random bytes");
    bytes.front() &= 0x7F;  // positive
    const Handle<BIGNUM, BN_free> number(BN_bin2bn(bytes.data(), bytes.size(), nullptr));
    BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate));
    return {};
}

Result<> add_extensions(X509* certificate, X509* issuer, const Wanted& wanted) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    for (const auto& [nid, value] : wanted.extensions) {
        const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
        if (!extension || X509_add_ext(certificate, extension.get(), -1) != 1)
            return openssl_failed("extension '" + value + "'");
    }
    return {};
}

Subtree subtree(int type, void* value) {
    Subtree made(GENERAL_SUBTREE_new());
    GENERAL_NAME_set0_value(made->base, type, value);
    return made;
}

// The trust domain, for all verifiers, and subjects, for those that know this kind of constraint. Those that do not
// would refuse the certificate if it were critical.
Result<> permit(X509* certificate, const Wanted& wanted) {
    const Constraints constraints(NAME_CONSTRAINTS_new());
    constraints->permittedSubtrees = sk_GENERAL_SUBTREE_new_null();
    auto* uri = ASN1_IA5STRING_new();
    ASN1_STRING_set(uri, wanted.permitted.front().second.c_str(), -1);
    sk_GENERAL_SUBTREE_push(constraints->permittedSubtrees, subtree(GEN_URI, uri).release());
    sk_GENERAL_SUBTREE_push(constraints->permittedSubtrees,
                            subtree(GEN_DIRNAME, TRY(name_of(wanted.permitted)).release()).release());
    if (X509_add1_ext_i2d(certificate, NID_name_constraints, constraints.get(), 0, 0) != 1)
        return openssl_failed("name constraints");
    return {};
}

// OpenSSL wants the key to sign with. So another one signs first, which writes down the algorithm, and then its
// signature is replaced.
Result<> sign_outside(X509* certificate, const Signer& signer) {
    const auto stand_in = TRY(make_key());
    if (X509_sign(certificate, stand_in.get(), EVP_sha256()) <= 0) return openssl_failed("signing");
    unsigned char* bytes = nullptr;
    const int size = i2d_re_X509_tbs(certificate, &bytes);
    if (size <= 0) return openssl_failed("signing");
    const Digest digest = sha256({reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size)});
    OPENSSL_free(bytes);
    const std::string signature = TRY(signer(digest));
    const ASN1_BIT_STRING* place = nullptr;
    X509_get0_signature(&place, nullptr, certificate);
    auto* written = const_cast<ASN1_BIT_STRING*>(place);
    ASN1_BIT_STRING_set(written, reinterpret_cast<unsigned char*>(const_cast<char*>(signature.data())),
                        static_cast<int>(signature.size()));
    return {};
}

// Signed by `issuer`; one with no certificate is this one itself.
Result<std::string> make(const Issuer& issuer, EVP_PKEY* subject, const Wanted& wanted) {
    const Certificate made(X509_new());
    X509_set_version(made.get(), X509_VERSION_3);
    TRY(set_serial(made.get()));
    ASN1_TIME_set(X509_getm_notBefore(made.get()), wanted.validity.from);
    ASN1_TIME_set(X509_getm_notAfter(made.get()), wanted.validity.until);
    X509_set_subject_name(made.get(), TRY(name_of(wanted.subject)).get());
    X509_set_pubkey(made.get(), subject);
    Certificate parent;
    if (!issuer.certificate.empty()) parent = TRY(in("issuer", parse(issuer.certificate)));
    X509* above = parent ? parent.get() : made.get();
    X509_set_issuer_name(made.get(), X509_get_subject_name(above));
    TRY(add_extensions(made.get(), above, wanted));
    if (!wanted.permitted.empty()) TRY(permit(made.get(), wanted));
    if (!issuer.key)
        TRY(sign_outside(made.get(), issuer.signer));
    else if (X509_sign(made.get(), issuer.key, EVP_sha256()) <= 0)
        return openssl_failed("signing");
    return der_of(made.get());
}

// An authority of a trust domain vouches for no other one (X.509-SVID, section 4; RFC 5280, section 4.2.1.10).
std::string only_domain(const std::string& trust_domain) {
    return "critical,permitted;URI:" + trust_domain;
}

// Of one that signs for itself under these names, and vouches for nobody.
Extensions ends_a_chain(const char* purposes, const std::string& names) {
    return {{NID_basic_constraints, "critical,CA:FALSE"},
            {NID_key_usage, "critical,digitalSignature"},
            {NID_ext_key_usage, purposes},
            {NID_subject_key_identifier, "hash"},
            {NID_authority_key_identifier, "keyid:always"},
            {NID_subject_alt_name, names}};
}

}  // namespace

Result<std::string> make_root(EVP_PKEY* key, const std::string& trust_domain, Validity validity, const Signer& signer) {
    return make({.certificate = {}, .key = signer ? nullptr : key, .signer = signer}, key,
                {.subject = {{"CN", trust_domain + " root"}},
                 .validity = validity,
                 .extensions = {{NID_basic_constraints, "critical,CA:TRUE"},
                                {NID_key_usage, "critical,keyCertSign,cRLSign"},
                                {NID_subject_key_identifier, "hash"},
                                {NID_subject_alt_name, "URI:spiffe://" + trust_domain}}});
}

Result<std::string> make_intermediate(const Issuer& root, EVP_PKEY* subject, const std::string& trust_domain,
                                      Validity validity) {
    return make(root, subject,
                {.subject = {{"CN", trust_domain + " authority"}},
                 .validity = validity,
                 .extensions = {{NID_basic_constraints, "critical,CA:TRUE,pathlen:1"},
                                {NID_key_usage, "critical,keyCertSign,cRLSign,digitalSignature"},
                                {NID_subject_key_identifier, "hash"},
                                {NID_authority_key_identifier, "keyid:always"},
                                {NID_name_constraints, only_domain(trust_domain)},
                                {NID_subject_alt_name, "URI:spiffe://" + trust_domain}}});
}

Result<std::string> make_box_authority(const Issuer& intermediate, EVP_PKEY* subject, const SpiffeId& box,
                                       Validity validity) {
    Subject name = place_of(box);
    name.emplace_back("CN", box.box + " authority");
    return make(intermediate, subject,
                {.subject = name,
                 .validity = validity,
                 .extensions = {{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
                                {NID_key_usage, "critical,keyCertSign,cRLSign"},
                                {NID_subject_key_identifier, "hash"},
                                {NID_authority_key_identifier, "keyid:always"}},
                 .permitted = place_of(box)});
}

Result<std::string> make_server(const Issuer& intermediate, EVP_PKEY* subject, const std::vector<std::string>& names,
                                Validity validity) {
    std::string all;
    for (const auto& name : names) {
        const bool safe = !name.empty() && name.find_first_not_of(
                                               "abcdefghijklmnopqrstuvwxyz"
                                               "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.:") == name.npos;
        if (!safe) return fail(Code::Corrupt, "'" + name + "' is no host name and no address");
        const Handle<ASN1_OCTET_STRING, ASN1_OCTET_STRING_free> address(a2i_IPADDRESS(name.c_str()));
        all += (all.empty() ? "" : ",") + std::string(address ? "IP:" : "DNS:") + name;
    }
    if (all.empty()) return fail(Code::Corrupt, "a server needs a name that boxes know it by");
    return make(intermediate, subject,
                {.subject = {{"CN", "authority's server"}},
                 .validity = validity,
                 .extensions = ends_a_chain("serverAuth", all)});
}

Result<std::string> make_escrow(const Issuer& intermediate, EVP_PKEY* subject, const std::string& trust_domain,
                                Validity validity) {
    return make(intermediate, subject,
                {.subject = {{"CN", trust_domain + " escrow"}},
                 .validity = validity,
                 .extensions = {{NID_basic_constraints, "critical,CA:FALSE"},
                                {NID_key_usage, "critical,keyAgreement"},
                                {NID_subject_key_identifier, "hash"},
                                {NID_authority_key_identifier, "keyid:always"}}});
}

Result<std::string> make_leaf(const Issuer& intermediate, EVP_PKEY* subject, const SpiffeId& id, Validity validity) {
    Subject name = place_of(id);
    name.emplace_back("CN", id.workload.empty() ? id.box : id.workload);
    return make(intermediate, subject,
                {.subject = name,
                 .validity = validity,
                 .extensions = ends_a_chain("serverAuth,clientAuth", "critical,URI:" + id.uri())});
}

}  // namespace holdfast::identity
