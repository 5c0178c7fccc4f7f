#include "identity/crl.hpp"

#include "base/openssl.hpp"
#include "base/text.hpp"
#include "base/when.hpp"
#include "identity/x509.hpp"

#include <openssl/bio.h>
#include <openssl/pem.h>

namespace holdfast::identity {

namespace {

using Memory = Handle<BIO, BIO_free_all>;
using List = Handle<X509_CRL, X509_CRL_free>;
using Entry = Handle<X509_REVOKED, X509_REVOKED_free>;
using Integer = Handle<ASN1_INTEGER, ASN1_INTEGER_free>;
using Enumerated = Handle<ASN1_ENUMERATED, ASN1_ENUMERATED_free>;
using Time = Handle<ASN1_TIME, ASN1_TIME_free>;
using Bignum = Handle<BIGNUM, BN_free>;

constexpr auto time_words = "a time in the list";

Result<List> parse_list(std::string_view bytes) {
    const auto wrong = fail(Code::Corrupt, "this is no list of an authority (X.509 CRL)");
    if (bytes.size() > crl_limit)
        return fail(Code::Corrupt, "a list of more than " + std::to_string(crl_limit) + " bytes");
    List list;
    if (bytes.starts_with("-----BEGIN")) {
        const Memory memory(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
        list.reset(PEM_read_bio_X509_CRL(memory.get(), nullptr, nullptr, nullptr));
    } else {
        const auto* at = raw(bytes);
        list.reset(d2i_X509_CRL(nullptr, &at, static_cast<long>(bytes.size())));
        if (list && at != raw(bytes) + bytes.size()) return wrong;
    }
    ERR_clear_error();
    if (!list) return wrong;
    return list;
}

std::string name_of(const X509_NAME* name) {
    return der_by(i2d_X509_NAME, name);
}

Result<std::uint64_t> number_of(const X509_CRL* list) {
    const Integer number(static_cast<ASN1_INTEGER*>(X509_CRL_get_ext_d2i(list, NID_crl_number, nullptr, nullptr)));
    std::uint64_t value = 0;
    if (number && ASN1_INTEGER_get_uint64(&value, number.get()) == 1) return value;
    ERR_clear_error();
    return fail(Code::Corrupt, "the list has no number, or one that is too large");
}

// Nothing but what is read here may change what the list means.
Result<> check_extensions(const X509_CRL* list) {
    for (int i = 0; i < X509_CRL_get_ext_count(list); ++i) {
        auto* extension = X509_CRL_get_ext(list, i);
        const int nid = OBJ_obj2nid(X509_EXTENSION_get_object(extension));
        if (nid == NID_delta_crl || nid == NID_issuing_distribution_point)
            return fail(Code::Corrupt, "the list has changes or a part alone, and a whole one is needed");
        if (X509_EXTENSION_get_critical(extension) != 0 && nid != NID_crl_number && nid != NID_authority_key_identifier)
            return fail(Code::Corrupt, "the list says something that would have to be understood and is not");
    }
    return {};
}

Result<Withdrawn> withdrawn_by(const X509_REVOKED* entry) {
    for (int i = 0; i < X509_REVOKED_get_ext_count(entry); ++i) {
        auto* extension = X509_REVOKED_get_ext(entry, i);
        const bool reason = OBJ_obj2nid(X509_EXTENSION_get_object(extension)) == NID_crl_reason;
        if (!reason && X509_EXTENSION_get_critical(extension) != 0)
            return fail(Code::Corrupt, "an entry of the list says something that is not understood");
    }
    int found = 0;
    const Enumerated reason(
        static_cast<ASN1_ENUMERATED*>(X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, &found, nullptr)));
    const long why = reason ? ASN1_ENUMERATED_get(reason.get()) : CRL_REASON_UNSPECIFIED;
    // -1: there is none.
    if ((!reason && found != -1) || why == CRL_REASON_REMOVE_FROM_CRL)
        return fail(Code::Corrupt, "an entry of the list has a reason that makes no sense");
    return Withdrawn{why == CRL_REASON_CERTIFICATE_HOLD ? Withdrawal::Quarantined : Withdrawal::Revoked,
                     TRY(seconds(X509_REVOKED_get0_revocationDate(entry), time_words))};
}

Result<Crl> content_of(X509_CRL* list) {
    constexpr long version_2 = 1;  // RFC 5280, section 5.1.2.1
    if (X509_CRL_get_version(list) != version_2) return fail(Code::Corrupt, "the list is not of version 2");
    TRY(check_extensions(list));
    Crl crl{
        .number = TRY(number_of(list)), .validity = {}, .issuer = name_of(X509_CRL_get_issuer(list)), .entries = {}};
    crl.validity.from = TRY(seconds(X509_CRL_get0_lastUpdate(list), time_words));
    crl.validity.until = TRY(seconds(X509_CRL_get0_nextUpdate(list), time_words));
    auto* entries = X509_CRL_get_REVOKED(list);
    for (int i = 0; i < sk_X509_REVOKED_num(entries); ++i) {
        const auto* entry = sk_X509_REVOKED_value(entries, i);
        const auto serial = hex_of(X509_REVOKED_get0_serialNumber(entry));
        if (!crl.entries.emplace(serial, TRY(withdrawn_by(entry))).second)
            return fail(Code::Corrupt, "the list names certificate " + serial + " twice");
    }
    return crl;
}

Result<> check_signature(X509_CRL* list, X509* issuer) {
    const auto denied = [](const char* why) {
        return fail(Code::Denied, std::string("the list is not of the authority that this box is of: ") + why);
    };
    if (X509_NAME_cmp(X509_CRL_get_issuer(list), X509_get_subject_name(issuer)) != 0)
        return denied("it has another name");
    if ((X509_get_key_usage(issuer) & KU_CRL_SIGN) == 0) return denied("that one may not sign lists");
    if (X509_CRL_verify(list, X509_get0_pubkey(issuer)) == 1) return {};
    ERR_clear_error();
    return denied("its signature does not hold");
}

Result<> add_entry(X509_CRL* list, const std::string& serial, const Withdrawn& how) {
    const Entry entry(X509_REVOKED_new());
    BIGNUM* read = nullptr;
    if (BN_hex2bn(&read, serial.c_str()) != static_cast<int>(serial.size())) {
        BN_free(read);
        return fail(Code::Bug, "'" + serial + "' is no serial number");
    }
    const Bignum number(read);
    const Integer integer(BN_to_ASN1_INTEGER(number.get(), nullptr));
    X509_REVOKED_set_serialNumber(entry.get(), integer.get());
    const Time since(ASN1_TIME_set(nullptr, how.since));
    X509_REVOKED_set_revocationDate(entry.get(), since.get());
    const Enumerated reason(ASN1_ENUMERATED_new());
    ASN1_ENUMERATED_set(reason.get(), how.how == Withdrawal::Quarantined ? CRL_REASON_CERTIFICATE_HOLD
                                                                         : CRL_REASON_PRIVILEGE_WITHDRAWN);
    if (X509_REVOKED_add1_ext_i2d(entry.get(), NID_crl_reason, reason.get(), 0, 0) != 1)
        return openssl_failed("an entry of a list");
    X509_CRL_add0_revoked(list, X509_REVOKED_dup(entry.get()));
    return {};
}

Result<> add_extensions(X509_CRL* list, X509* issuer, std::uint64_t number) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, nullptr, nullptr, list, 0);
    const Handle<X509_EXTENSION, X509_EXTENSION_free> by(
        X509V3_EXT_conf_nid(nullptr, &context, NID_authority_key_identifier, "keyid:always"));
    const Integer which(ASN1_INTEGER_new());
    if (by && X509_CRL_add_ext(list, by.get(), -1) == 1 && ASN1_INTEGER_set_uint64(which.get(), number) == 1 &&
        X509_CRL_add1_ext_i2d(list, NID_crl_number, which.get(), 0, 0) == 1)
        return {};
    return openssl_failed("a list");
}

}  // namespace

std::string_view text(Withdrawal how) {
    return how == Withdrawal::Quarantined ? "quarantined" : "revoked";
}

Result<Crl> parse_crl(std::string_view bytes) {
    const auto list = TRY(parse_list(bytes));
    return content_of(list.get());
}

Result<Crl> read_crl(std::string_view bytes, std::string_view issuer) {
    const auto list = TRY(parse_list(bytes));
    auto crl = TRY(content_of(list.get()));
    const auto above = TRY(in("issuer", parse(issuer)));
    TRY(check_signature(list.get(), above.get()));
    return crl;
}

Result<std::optional<Withdrawn>> withdrawn(const Crl& list, std::string_view certificate) {
    const auto parsed = TRY(parse(certificate));
    if (name_of(X509_get_issuer_name(parsed.get())) != list.issuer) return std::nullopt;
    const auto found = list.entries.find(hex_of(X509_get0_serialNumber(parsed.get())));
    if (found == list.entries.end()) return std::nullopt;
    return std::optional(found->second);
}

Result<> check_withdrawn(const std::vector<std::string>& chain, const Crl& list) {
    for (const auto& each : chain) {
        const auto found = TRY(withdrawn(list, each));
        if (!found) continue;
        return fail(Code::Denied,
                    "the authority has " +
                        std::string(found->how == Withdrawal::Quarantined ? "put it into quarantine" : "revoked it") +
                        " on " + date(found->since) + " (list " + std::to_string(list.number) + ")");
    }
    return {};
}

Result<std::string> make_crl(const Issuer& issuer, std::uint64_t number,
                             const std::map<std::string, Withdrawn>& entries, Validity validity) {
    const auto above = TRY(in("issuer", parse(issuer.certificate)));
    const List list(X509_CRL_new());
    constexpr long version_2 = 1;
    X509_CRL_set_version(list.get(), version_2);
    X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(above.get()));
    const Time from(ASN1_TIME_set(nullptr, validity.from)), until(ASN1_TIME_set(nullptr, validity.until));
    X509_CRL_set1_lastUpdate(list.get(), from.get());
    X509_CRL_set1_nextUpdate(list.get(), until.get());
    for (const auto& [serial, how] : entries) TRY(add_entry(list.get(), serial, how));
    TRY(add_extensions(list.get(), above.get(), number));
    X509_CRL_sort(list.get());
    const Memory memory(BIO_new(BIO_s_mem()));
    if (X509_CRL_sign(list.get(), issuer.key, EVP_sha256()) <= 0 ||
        PEM_write_bio_X509_CRL(memory.get(), list.get()) != 1)
        return openssl_failed("signing a list");
    return contents_of(memory.get());
}

}  // namespace holdfast::identity
