#include "boot/revocation.hpp"

#include "base/text.hpp"
#include "boot/architecture.hpp"
#include "boot/authenticode.hpp"
#include "boot/variable.hpp"

#include <algorithm>
#include <iterator>

namespace holdfast::boot {

namespace {

namespace fs = std::filesystem;
using Because = Refusal::Because;

// Empty where there is no such variable, or no firmware that has variables.
Result<std::optional<std::string>> variable(const fs::path& root, std::string_view name, std::string_view vendor) {
    auto bytes = read_variable(root, name, vendor, signature_database_limit);
    if (bytes) return std::move(*bytes);
    if (bytes.error().code == Code::NotFound) return std::nullopt;
    return std::unexpected(std::move(bytes).error());
}

Result<std::optional<SignatureDatabase>> database(const fs::path& root, std::string_view name) {
    const auto bytes = TRY(variable(root, name, vendor::security));
    if (!bytes) return std::nullopt;
    return TRY(in(name, parse_signature_database(*bytes)));
}

// shim keeps SbatLevel where only boot loaders see it, and shows a copy to the system.
Result<std::vector<SbatComponent>> sbat_level(const fs::path& root) {
    for (const auto* name : {"SbatLevelRT", "SbatLevel"})
        if (const auto text = TRY(variable(root, name, vendor::shim))) return in(name, parse_sbat_level(*text));
    return {};
}

bool lists(const SignatureDatabase& database, const Certificate& certificate) {
    return std::ranges::contains(database.certificates, certificate.der);
}

// Why dbx stands against this certificate, the `index`-th of a chain.
std::optional<std::string> revoked(const SignatureDatabase& dbx, const std::vector<Certificate>& chain,
                                   std::size_t index) {
    const auto& certificate = chain[index];
    const auto by_hash = std::ranges::find_if(dbx.revoked, [&](const RevokedCertificate& each) {
        return std::ranges::contains(certificate.signed_digests, each.digest);
    });
    if (by_hash == dbx.revoked.end() && !lists(dbx, certificate)) return std::nullopt;
    const std::string since =
        by_hash == dbx.revoked.end() || by_hash->since.empty() ? "" : " from " + by_hash->since + " on";
    const std::string signer = "it is signed by " + chain.front().subject;
    if (index == 0) return signer + ", which this firmware has revoked (dbx)" + since;
    return signer + ", whose issuer " + certificate.subject + " this firmware has revoked (dbx)" + since;
}

std::optional<std::string> revoked(const SignatureDatabase& dbx, const std::vector<Certificate>& chain) {
    for (std::size_t i = 0; i < chain.size(); ++i)
        if (auto why = revoked(dbx, chain, i)) return why;
    return std::nullopt;
}

bool trusted(const SignatureDatabase& db, const ProgramSignature& signature) {
    if (!signature.vouches) return false;
    const auto& chain = signature.chain;
    return lists(db, chain.front()) || std::any_of(chain.begin() + 1, chain.end(), [&](const Certificate& issuer) {
               return issuer.authority && lists(db, issuer);
           });
}

// The certificates that a signature may have been issued by, besides those it brings.
std::vector<std::string> known_certificates(const Revocations& revocations) {
    auto known = revocations.revoked.certificates;
    if (revocations.trusted) std::ranges::copy(revocations.trusted->certificates, std::back_inserter(known));
    return known;
}

std::string untrusted(const std::vector<ProgramSignature>& signatures, const Digest& hash) {
    if (signatures.empty()) return "it is not signed, and this firmware does not know its hash " + hex(hash) + " (db)";
    const std::string signer = signatures.front().chain.front().subject;
    const bool vouched = std::ranges::any_of(signatures, &ProgramSignature::vouches);
    if (!vouched) return "its signature by " + signer + " does not match its bytes: the file is damaged";
    return "it is not signed by a key that this firmware trusts (db), but by " + signer;
}

// One signature that is revoked spoils the program, one that is trusted is enough for it.
Result<std::optional<Refusal>> signature_refusal(const Revocations& revocations, const Pe& program,
                                                 const Digest& hash) {
    const auto known = known_certificates(revocations);
    std::vector<ProgramSignature> signatures;
    for (const auto pkcs7 : TRY(parse_certificate_table(program.certificates()))) {
        signatures.push_back(TRY(read_signature(pkcs7, hash, known)));
        if (auto why = revoked(revocations.revoked, signatures.back().chain)) return Refusal{Because::Revoked, *why};
    }
    const auto& db = revocations.trusted;
    if (!db || std::ranges::contains(db->images, hash)) return std::nullopt;
    const bool fine = std::ranges::any_of(signatures, [&](const auto& each) { return trusted(*db, each); });
    return fine ? std::optional<Refusal>() : Refusal{Because::NotTrusted, untrusted(signatures, hash)};
}

std::optional<Refusal> sbat_refusal(const Revocations& revocations, const Pe& program) {
    const auto* section = program.section(".sbat");
    if (revocations.sbat_level.empty() || !section) return std::nullopt;
    const auto image = parse_sbat_section(section->contents());
    if (!image) return Refusal{Because::Damaged, "its section .sbat cannot be read: " + image.error().what};
    if (auto why = outdated(revocations.sbat_level, *image)) return Refusal{Because::Outdated, *std::move(why)};
    return std::nullopt;
}

// Files in `folder` that firmware or systemd-stub would start, in the order of their names.
std::vector<fs::path> programs_in(const fs::path& folder) {
    std::vector<fs::path> found;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error))
        if (entry.path().extension() == ".efi" && entry.is_regular_file(error)) found.push_back(entry.path());
    std::ranges::sort(found);
    return found;
}

CheckedProgram check(const Revocations& revocations, fs::path file) {
    const auto program = Pe::load(file);
    auto found = program ? refusal(revocations, *program) : Refusal{Because::Damaged, program.error().what};
    return {std::move(file), std::move(found)};
}

}  // namespace

Result<Revocations> read_revocations(const fs::path& root) {
    Revocations found{.secure_boot = secure_boot(root)};
    found.trusted = TRY(database(root, "db"));
    found.revoked = TRY(database(root, "dbx")).value_or(SignatureDatabase());
    found.sbat_level = TRY(sbat_level(root));
    return found;
}

std::optional<Refusal> refusal(const Revocations& revocations, const Pe& program) {
    const Digest hash = program.authenticode();
    if (std::ranges::contains(revocations.revoked.images, hash))
        return Refusal{Because::Revoked, "this firmware has revoked its hash " + hex(hash) + " (dbx)"};
    auto by_signature = signature_refusal(revocations, program, hash);
    if (!by_signature) return Refusal{Because::Damaged, by_signature.error().what};
    return *by_signature ? *std::move(by_signature) : sbat_refusal(revocations, program);
}

Result<std::vector<CheckedProgram>> check_esp(const Revocations& revocations, const fs::path& esp) {
    const auto& names = own_architecture();
    std::vector<fs::path> files;
    for (const auto& file : {esp / "EFI/systemd" / names.systemd_boot(), esp / "EFI/BOOT" / names.boot})
        if (std::error_code error; fs::exists(file, error)) files.push_back(file);
    if (files.empty()) return fail(Code::NotFound, esp.string() + " has no boot loader; is the ESP mounted?");
    std::ranges::copy(programs_in(esp / "EFI/Linux"), std::back_inserter(files));
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(esp / "EFI/Linux", error))
        if (entry.is_directory(error)) std::ranges::copy(programs_in(entry.path()), std::back_inserter(files));
    std::vector<CheckedProgram> checked;
    for (auto& file : files) checked.push_back(check(revocations, std::move(file)));
    return checked;
}

}  // namespace holdfast::boot
