#include "storage/storage.hpp"

#include "base/file.hpp"
#include "base/process.hpp"
#include "base/scratch.hpp"
#include "boot/slots.hpp"
#include "storage/recovery_key.hpp"

namespace holdfast::storage {

namespace {

namespace fs = std::filesystem;

// Of this start alone.
constexpr auto recovered = "run/holdfast-storage/recovered", resealed = "run/holdfast-storage/resealed";
std::optional<Digest> read_pcr_7(const Places& places) {
    constexpr unsigned secure_boot_policy = 7;  // TCG PC Client Platform Firmware Profile 1.06, section 3.3.4.8
    auto tpm = tpm::Tpm::open(places.tcti);
    if (!tpm) return std::nullopt;
    const auto values = tpm->read_pcrs({&secure_boot_policy, 1});
    return values && values->contains(secure_boot_policy) ? std::optional(values->at(secure_boot_policy))
                                                          : std::nullopt;
}

std::optional<Fingerprints> running_signers(const fs::path& root) {
    const auto text = read_whole(root / "run/systemd/tpm2-pcr-signature.json", signatures_limit);
    if (!text) return std::nullopt;
    const auto signers = parse_signers(*text);
    return signers ? std::optional(*signers) : std::nullopt;
}

// The UKI that the boot loader would start of the slot that is not booted.
std::optional<Fingerprints> other_signers(const fs::path& root) {
    const auto booted = boot::booted_slot(root);
    const auto entries = boot::entries(root);
    // What cannot be read is signed by nobody: the disk stays as it is.
    if (!booted || !entries) return Fingerprints();
    const boot::Entry* other = nullptr;
    for (const auto& entry : *entries)
        if (entry.slot != *booted && boot::bootable(entry) && (!other || entry.generation > other->generation))
            other = &entry;
    if (!other) return std::nullopt;
    return signers_of(root / "efi/EFI/Linux" / boot::entry_name(*other)).value_or(Fingerprints());
}

}  // namespace

Result<Seen> look(const Places& places) {
    Seen seen{.header = TRY(read_header(places.device)),
              .newest_key = TRY(read_whole(places.root / "usr/lib/holdfast/boot/pcr.pub", 64UL * 1024)),
              .running = running_signers(places.root),
              .other_slot = {},
              .secure_boot = boot::secure_boot(places.root) == boot::SecureBoot::Enabled,
              .pcr_7 = read_pcr_7(places),
              .recovered = fs::exists(places.root / recovered),
              .resealed = fs::exists(places.root / resealed)};
    // A whole UKI is read for that, so only where it counts, which is once in a key's life.
    const auto& seals = seen.header.seals;
    if (!seals.empty() && seals.front().public_key != seen.newest_key) seen.other_slot = other_signers(places.root);
    return seen;
}

Result<> seal(const Places& places, const Reseal& how) {
    const fs::path key = places.root / "var" / recovery_key_in_var;
    if (!fs::exists(key))
        return fail(Code::NotFound, "the disk is sealed anew by its recovery key, and " + key.string() +
                                        " is not there; write the key into that file, mode 0600");
    const auto scratch = TRY(Scratch::make("seal"));
    TRY(write_whole(scratch.path() / "pcr.pub", how.public_key));
    TRY(in("systemd-cryptenroll",
           run_or_fail({"systemd-cryptenroll", places.device.string(), "--unlock-key-file=" + key.string(),
                        "--wipe-slot=tpm2", "--tpm2-device=" + places.tpm,
                        std::string("--tpm2-pcrs=") + (how.secure_boot ? "7" : ""),
                        "--tpm2-public-key=" + (scratch.path() / "pcr.pub").string(), "--tpm2-public-key-pcrs=11"})));
    TRY(make_directories((places.root / resealed).parent_path()));
    return write_whole(places.root / resealed, "");
}

}  // namespace holdfast::storage
