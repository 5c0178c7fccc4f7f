#include "storage/storage.hpp"

#include "base/crash_point.hpp"
#include "base/file.hpp"
#include "base/process.hpp"
#include "base/scratch.hpp"
#include "base/text.hpp"
#include "boot/slots.hpp"
#include "storage/pin.hpp"
#include "storage/recovery_key.hpp"
#include "storage/state.hpp"

namespace holdfast::storage {

namespace {

namespace fs = std::filesystem;

// Of this start alone.
constexpr auto resealed = "run/holdfast-storage/resealed", pin_refused = "run/holdfast-storage/pin-refused";

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

Result<Header> sealed_header(const Places& places) {
    auto header = read_header(places.device);
    if (header || header.error().code != Code::NotFound) return header;
    return fail(Code::NotFound, why_open(places.root) + " (there is no " + places.device.string() +
                                    "); to have it sealed, save what it holds and install it anew from its ISO, with a "
                                    "TPM 2.0 turned on");
}

bool image_demands_pin(const fs::path& root) {
    const auto release = read_whole(root / "usr/lib/holdfast/release.json", mebibyte);
    return release && demands_pin(*release).value_or(false);
}

Result<std::string> pin_to_seal(const fs::path& var, bool wanted) {
    if (!wanted) return "";
    return load_pin(var / (fs::exists(var / new_pin_in_var) ? new_pin_in_var : pin_in_var));
}

// Once the TPM has it.
Result<> keep_pin(const fs::path& var, bool wanted) {
    if (wanted) return fs::exists(var / new_pin_in_var) ? move_to(var / new_pin_in_var, var / pin_in_var) : Result<>();
    TRY(remove_tree(var / new_pin_in_var));
    return remove_tree(var / pin_in_var);
}

}  // namespace

Result<Seen> look(const Places& places) {
    Seen seen{.header = TRY(sealed_header(places)),
              .newest_key = TRY(read_whole(places.root / "usr/lib/holdfast/boot/pcr.pub", 64UL * 1024)),
              .running = running_signers(places.root),
              .other_slot = {},
              .secure_boot = boot::secure_boot(places.root) == boot::SecureBoot::Enabled,
              .pcr_7 = read_pcr_7(places),
              .recovered = fs::exists(places.root / recovered_in_root),
              .resealed = fs::exists(places.root / resealed),
              .pin_demanded = image_demands_pin(places.root),
              .pin_kept = fs::exists(places.root / "var" / pin_in_var),
              .pin_begun = fs::exists(places.root / "var" / new_pin_in_var),
              .pin_refusal = std::string(trim(read_whole(places.root / pin_refused, 1024).value_or("")))};
    // A whole UKI is read for that, so only where it counts, which is once in a key's life.
    const auto& seals = seen.header.seals;
    if (!seals.empty() && seals.front().public_key != seen.newest_key) seen.other_slot = other_signers(places.root);
    return seen;
}

Result<> enroll(const Enrolment& how) {
    // systemd-cryptenroll adds no key for a policy that one is there for, also where that is of a TPM before it was
    // cleared (systemd 257, src/cryptenroll/cryptenroll-tpm2.c, search_policy_hash); but for one with a PIN.
    if (how.afresh && how.pin.empty()) {
        TRY(in("systemd-cryptenroll", run_or_fail({"systemd-cryptenroll", how.device.string(), "--wipe-slot=tpm2"})));
        crash_point("storage.wiped");
    }
    Arguments command{"systemd-cryptenroll",
                      how.device.string(),
                      "--unlock-key-file=" + how.recovery_key.string(),
                      "--wipe-slot=tpm2",
                      "--tpm2-device=" + how.tpm,
                      std::string("--tpm2-pcrs=") + (how.secure_boot ? "7" : ""),
                      "--tpm2-public-key=" + how.public_key.string(),
                      "--tpm2-public-key-pcrs=11"};
    RunOptions options;
    if (!how.pin.empty()) {
        command.emplace_back("--tpm2-with-pin=yes");
        options.environment.push_back("NEWPIN=" + how.pin);
    }
    TRY(in("systemd-cryptenroll", run_or_fail(command, options)));
    return {};
}

Result<> seal(const Places& places, const Reseal& how) {
    const fs::path var = places.root / "var", key = var / recovery_key_in_var;
    if (!fs::exists(key))
        return fail(Code::NotFound, "the disk is sealed anew by its recovery key, and " + key.string() +
                                        " is not there; write the key into that file, mode 0600");
    const auto pin = TRY(pin_to_seal(var, how.pin));
    const auto scratch = TRY(Scratch::make("seal"));
    const fs::path public_key = scratch.path() / "pcr.pub";
    TRY(write_whole(public_key, how.public_key));
    TRY(enroll({.device = places.device,
                .recovery_key = key,
                .public_key = public_key,
                .tpm = places.tpm,
                .secure_boot = how.secure_boot,
                .afresh = how.afresh,
                .pin = pin}));
    crash_point("storage.enrolled");
    TRY(keep_pin(var, how.pin));
    TRY(make_directories((places.root / resealed).parent_path()));
    return write_whole(places.root / resealed, "");
}

Result<> set_pin(const Places& places, const Reseal& how, const std::string& pin) {
    TRY(check_pin(pin));
    const fs::path begun = places.root / "var" / new_pin_in_var;
    TRY(write_whole(begun, pin + "\n", 0600));
    crash_point("storage.pin-begun");
    const auto sealed = seal(places, how);
    // What could not be done now is not done later behind somebody's back.
    if (!sealed) TRY(remove_tree(begun));
    return sealed;
}

Result<> refuse_pin(const Places& places, const std::string& why) {
    TRY(make_directories((places.root / pin_refused).parent_path()));
    return write_whole(places.root / pin_refused, why + "\n");
}

}  // namespace holdfast::storage
