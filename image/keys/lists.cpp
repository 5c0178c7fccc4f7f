#include "keys/lists.hpp"

#include "base/digest.hpp"
#include "base/file.hpp"
#include "base/process.hpp"
#include "base/scratch.hpp"
#include "keys/certificate.hpp"

#include <algorithm>
#include <vector>

namespace holdfast::keys {

namespace {

namespace fs = std::filesystem;

// Firmware in setup mode takes any time; a fixed one gives the same list each time it is made.
constexpr auto list_time = "2024-01-01 00:00:00";

// A GUID that says who owns a signature in db, drawn from the certificate itself (UEFI 2.10, EFI_SIGNATURE_DATA).
std::string owner_of(const Certificate& certificate) {
    const std::string h = sha256_hex(certificate.pem);
    return h.substr(0, 8) + "-" + h.substr(8, 4) + "-4" + h.substr(13, 3) + "-8" + h.substr(17, 3) + "-" +
           h.substr(20, 12);
}

// The unsigned list with this one certificate. efitools reads PEM only.
Result<std::string> list_of(const fs::path& file) {
    const auto certificate = TRY(read_certificate(file));
    const auto scratch = TRY(Scratch::make("list"));
    const auto pem = scratch.path() / "pem", list = scratch.path() / "esl";
    TRY(write_whole(pem, certificate.pem));
    TRY(run_or_fail({"cert-to-efi-sig-list", "-g", owner_of(certificate), pem.string(), list.string()}));
    return read_whole(list);
}

Result<std::vector<fs::path>> extra_certificates(const fs::path& directory) {
    std::error_code failed;
    std::vector<fs::path> found;
    if (!fs::exists(directory / "db-extra", failed)) return found;
    for (const auto& entry : fs::directory_iterator(directory / "db-extra", failed))
        if (entry.path().extension() == ".crt") found.push_back(entry.path());
    if (failed) return std::unexpected(system_error(failed.value(), directory / "db-extra", "cannot list"));
    std::ranges::sort(found);
    return found;
}

// Made with efitools: firmware refuses what sbvarsign writes.
Result<> sign_list(const fs::path& directory, const std::string& name, const std::string& signer,
                   const std::string& list) {
    const auto scratch = TRY(Scratch::make("auth"));
    const auto unsigned_list = scratch.path() / "esl", signed_list = scratch.path() / "auth";
    TRY(write_whole(unsigned_list, list));
    TRY(run_or_fail({"sign-efi-sig-list", "-t", list_time, "-k", (directory / (signer + ".key")).string(), "-c",
                     (directory / (signer + ".crt")).string(), name, unsigned_list.string(), signed_list.string()}));
    return write_whole(directory / "auth" / (name + ".auth"), TRY(read_whole(signed_list)), 0600);
}

Result<> make_db_list(const fs::path& directory) {
    std::string list = TRY(list_of(directory / "db.crt"));
    for (const auto& extra : TRY(extra_certificates(directory))) list += TRY(list_of(extra));
    return sign_list(directory, "db", "KEK", list);
}

Result<bool> holds(const fs::path& list, const fs::path& certificate) {
    const auto wanted = TRY(read_certificate(certificate));
    return TRY(read_whole(list)).contains(wanted.der);
}

}  // namespace

Result<> make_lists(const fs::path& directory) {
    const auto pk = TRY(list_of(directory / "PK.crt"));
    const auto kek = TRY(list_of(directory / "KEK.crt"));
    TRY(sign_list(directory, "PK", "PK", pk));
    TRY(sign_list(directory, "KEK", "PK", kek));
    return make_db_list(directory);
}

Result<> refresh_lists(const fs::path& directory) {
    for (const std::string name : {"PK", "KEK", "db"}) {
        const auto list = directory / "auth" / (name + ".auth"), certificate = directory / (name + ".crt");
        // PK and KEK may have gone offline altogether; then their lists are all there is.
        if (name != "db" && !fs::exists(certificate)) continue;
        if (!TRY(holds(list, certificate)))
            return fail(Code::Corrupt, list.string() + " does not hold " + certificate.string() +
                                           "; they are of two different key directories");
    }
    for (const auto& extra : TRY(extra_certificates(directory))) {
        if (TRY(holds(directory / "auth/db.auth", extra))) continue;
        if (!fs::exists(directory / "KEK.key"))
            return fail(Code::NotFound,
                        directory.string() + "/auth/db.auth does not hold " + extra.filename().string() +
                            "; put KEK.key and KEK.crt there for one build, so that it can be made anew");
        return make_db_list(directory);
    }
    return {};
}

}  // namespace holdfast::keys
