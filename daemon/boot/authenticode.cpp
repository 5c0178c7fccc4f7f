#include "boot/authenticode.hpp"

#include "base/file.hpp"
#include "base/handle.hpp"
#include "base/little_endian.hpp"
#include "base/text.hpp"
#include "boot/guid.hpp"

#include <algorithm>
#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pkcs7.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <optional>

namespace holdfast::boot {

namespace {

using Pkcs7 = Handle<PKCS7, PKCS7_free>;
using X509Handle = Handle<X509, X509_free>;
using Bio = Handle<BIO, BIO_free_all>;
using DigestInfo = Handle<X509_SIG, X509_SIG_free>;

// Borrows what the PKCS #7 structure owns.
void free_signers(STACK_OF(X509) * signers) {
    sk_X509_free(signers);
}
using Signers = Handle<STACK_OF(X509), free_signers>;

// OpenSSL keeps a thread's errors until somebody asks; the next one to ask would take ours for its own.
struct NoErrorsLeft {
    NoErrorsLeft() = default;
    NoErrorsLeft(const NoErrorsLeft&) = delete;
    NoErrorsLeft& operator=(const NoErrorsLeft&) = delete;
    ~NoErrorsLeft() { ERR_clear_error(); }
};

// WIN_CERTIFICATE: dwLength, wRevision, wCertificateType (UEFI 2.10, section 32.2.4).
constexpr std::size_t entry_header = 8, entry_alignment = 8, entry_limit = 64;
constexpr std::uint16_t type_pkcs = 0x0002, type_guid = 0x0ef1;
constexpr std::string_view guid_pkcs7 = "4aafd29d-68df-49ee-8aa9-347d375665a7";  // EFI_CERT_TYPE_PKCS7_GUID

constexpr auto program_content = "1.3.6.1.4.1.311.2.1.4";  // SPC_INDIRECT_DATA_OBJID
constexpr std::size_t pkcs7_limit = mebibyte, certificate_limit = 64, chain_limit = 16, subject_limit = 256;

const unsigned char* octets(std::string_view bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

Bio memory(std::string_view bytes) {
    return Bio(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
}

// One DER element: all of it, what is in it, what comes after it.
struct Element {
    std::string_view whole, body, rest;
};

std::optional<Element> first_element(std::string_view der) {
    const unsigned char* at = octets(der);
    long size = 0;
    int tag = 0, kind = 0;
    // 0x80 is an error, 1 a length that only its end tells, which DER forbids.
    if (ASN1_get_object(&at, &size, &tag, &kind, static_cast<long>(der.size())) & 0x81) return std::nullopt;
    const auto head = static_cast<std::size_t>(at - octets(der));
    const auto end = head + static_cast<std::size_t>(size);
    return Element{der.substr(0, end), der.substr(head, end - head), der.substr(end)};
}

std::string digest_of(std::string_view bytes, const EVP_MD* kind) {
    std::string digest(static_cast<std::size_t>(EVP_MD_get_size(kind)), '\0');
    EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()), nullptr, kind, nullptr);
    return digest;
}

std::string subject_of(const X509* certificate) {
    const Bio text(BIO_new(BIO_s_mem()));
    X509_NAME_print_ex(text.get(), X509_get_subject_name(certificate), 0,
                       XN_FLAG_SEP_CPLUS_SPC | XN_FLAG_FN_SN | (ASN1_STRFLGS_RFC2253 & ~ASN1_STRFLGS_ESC_MSB));
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(text.get(), &bytes);
    return valid_utf8(std::string_view(bytes, static_cast<std::size_t>(size)).substr(0, subject_limit));
}

// What the signer's hash is over is cut out of the bytes: encoding it anew could give other ones.
Result<Certificate> certificate_of(X509* x509) {
    unsigned char* bytes = nullptr;
    const int size = i2d_X509(x509, &bytes);
    if (size < 0) return fail(Code::Corrupt, "a certificate in it cannot be read");
    std::string der(reinterpret_cast<char*>(bytes), static_cast<std::size_t>(size));
    OPENSSL_free(bytes);
    const auto outer = first_element(der);
    const auto to_be_signed = outer ? first_element(outer->body) : std::nullopt;
    if (!to_be_signed) return fail(Code::Corrupt, "a certificate in it cannot be read");
    const auto part = to_be_signed->whole;
    std::array digests{digest_of(part, EVP_sha256()), digest_of(part, EVP_sha384()), digest_of(part, EVP_sha512())};
    return Certificate{std::move(der), subject_of(x509), X509_check_ca(x509) != 0, std::move(digests)};
}

// What was signed: SpcIndirectDataContent without its own tag and length. It is no octet string, so that OpenSSL
// cannot find it by itself.
Result<std::string_view> content_of(const PKCS7& pkcs7) {
    const auto refused = fail(Code::Corrupt, "its signature is not one of a program");
    const PKCS7* content = pkcs7.d.sign->contents;
    const Handle<ASN1_OBJECT, ASN1_OBJECT_free> wanted(OBJ_txt2obj(program_content, 1));
    if (!content || OBJ_cmp(content->type, wanted.get()) != 0) return refused;
    const ASN1_TYPE* value = content->d.other;
    if (!value || value->type != V_ASN1_SEQUENCE) return refused;
    const auto element = first_element({reinterpret_cast<const char*>(ASN1_STRING_get0_data(value->value.sequence)),
                                        static_cast<std::size_t>(ASN1_STRING_length(value->value.sequence))});
    if (!element) return refused;
    return element->body;
}

// The hash of the program that the signer saw: the DigestInfo behind SpcAttributeTypeAndOptionalValue.
Result<std::string> hash_in(std::string_view content) {
    const auto attribute = first_element(content);
    const unsigned char* at = attribute ? octets(attribute->rest) : nullptr;
    const DigestInfo info(at ? d2i_X509_SIG(nullptr, &at, static_cast<long>(attribute->rest.size())) : nullptr);
    if (!info) return fail(Code::Corrupt, "its signature holds no hash of a program");
    const X509_ALGOR* algorithm = nullptr;
    const ASN1_OCTET_STRING* digest = nullptr;
    X509_SIG_get0(info.get(), &algorithm, &digest);
    const ASN1_OBJECT* name = nullptr;
    X509_ALGOR_get0(&name, nullptr, nullptr, algorithm);
    if (OBJ_obj2nid(name) != NID_sha256)
        return fail(Code::Corrupt, "its signature is over another hash than SHA-256; sign it with sbsign");
    return std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(digest)),
                       static_cast<std::size_t>(ASN1_STRING_length(digest)));
}

bool issued(const X509* issuer, X509* certificate) {
    if (X509_NAME_cmp(X509_get_subject_name(issuer), X509_get_issuer_name(certificate)) != 0) return false;
    EVP_PKEY* key = X509_get0_pubkey(issuer);
    return key && X509_verify(certificate, key) == 1;
}

std::vector<X509Handle> decode_all(std::span<const std::string> certificates) {
    std::vector<X509Handle> decoded;
    for (const auto& der : certificates) {
        const unsigned char* at = octets(der);
        if (X509Handle x509(d2i_X509(nullptr, &at, static_cast<long>(der.size()))); x509)
            decoded.push_back(std::move(x509));
    }
    return decoded;
}

// The signer, then whoever issued one that is there already. No certificate's dates count: firmware has no clock that
// it trusts (UEFI 2.10, section 32.5.3.3).
Result<std::vector<Certificate>> chain_from(X509* signer, const std::vector<X509*>& candidates) {
    std::vector<X509*> reached{signer};
    for (std::size_t i = 0; i < reached.size(); ++i)
        for (X509* each : candidates) {
            const bool there = std::ranges::any_of(reached, [each](const X509* a) { return X509_cmp(a, each) == 0; });
            if (!there && reached.size() < chain_limit && issued(each, reached[i])) reached.push_back(each);
        }
    std::vector<Certificate> chain;
    for (X509* each : reached) chain.push_back(TRY(certificate_of(each)));
    return chain;
}

Result<Pkcs7> decode(std::string_view bytes) {
    if (bytes.size() > pkcs7_limit) return fail(Code::Corrupt, "its signature is larger than 1 MiB");
    const unsigned char* at = octets(bytes);
    Pkcs7 pkcs7(d2i_PKCS7(nullptr, &at, static_cast<long>(bytes.size())));
    if (!pkcs7 || !PKCS7_type_is_signed(pkcs7.get()) || !pkcs7->d.sign)
        return fail(Code::Corrupt, "its signature is no PKCS #7 signature");
    if (sk_X509_num(pkcs7->d.sign->cert) > static_cast<int>(certificate_limit))
        return fail(Code::Corrupt, "its signature holds more than 64 certificates");
    return pkcs7;
}

// The PKCS #7 structure in an entry; empty where it is of another kind.
std::string_view pkcs7_in(std::string_view entry) {
    const auto type = *number<std::uint16_t>(entry, 6);
    entry.remove_prefix(entry_header);
    if (type == type_pkcs) return entry;
    const bool named = type == type_guid && entry.size() > guid_size &&
                       guid_text(entry.substr(0, guid_size)).value_or("") == guid_pkcs7;
    return named ? entry.substr(guid_size) : std::string_view();
}

}  // namespace

Result<std::vector<std::string_view>> parse_certificate_table(std::string_view table) {
    std::vector<std::string_view> found;
    for (std::size_t entries = 0; !table.empty(); ++entries) {
        if (entries == entry_limit) return fail(Code::Corrupt, "its certificate table has more than 64 entries");
        const std::size_t length = number<std::uint32_t>(table, 0).value_or(0);
        const std::size_t padded = (length + entry_alignment - 1) / entry_alignment * entry_alignment;
        if (length <= entry_header || padded > table.size())
            return fail(Code::Corrupt, "its certificate table is damaged");
        if (const auto pkcs7 = pkcs7_in(table.substr(0, length)); !pkcs7.empty()) found.push_back(pkcs7);
        table.remove_prefix(padded);
    }
    return found;
}

Result<ProgramSignature> read_signature(std::string_view bytes, const Digest& image,
                                        std::span<const std::string> known) {
    const NoErrorsLeft after;
    const Pkcs7 pkcs7 = TRY(decode(bytes));
    const auto content = TRY(content_of(*pkcs7));
    const std::string hash = TRY(hash_in(content));
    const Signers signers(PKCS7_get0_signers(pkcs7.get(), nullptr, 0));
    if (!signers || sk_X509_num(signers.get()) != 1)
        return fail(Code::Corrupt, "its signature has no signer, or more than one, or lacks the signer's certificate");
    const auto decoded = decode_all(known);
    std::vector<X509*> candidates;
    for (int i = 0; i < sk_X509_num(pkcs7->d.sign->cert); ++i)
        candidates.push_back(sk_X509_value(pkcs7->d.sign->cert, i));
    for (const auto& each : decoded) candidates.push_back(each.get());
    ProgramSignature signature{false, TRY(chain_from(sk_X509_value(signers.get(), 0), candidates))};
    // NOVERIFY: whether the chain ends in something trusted is decided by whoever knows db.
    signature.vouches =
        std::ranges::equal(hash, std::string_view(reinterpret_cast<const char*>(image.data()), image.size())) &&
        PKCS7_verify(pkcs7.get(), nullptr, nullptr, memory(content).get(), nullptr, PKCS7_NOVERIFY | PKCS7_BINARY) == 1;
    return signature;
}

}  // namespace holdfast::boot
