#include "install/sealing.hpp"

#include "base/file.hpp"
#include "base/json.hpp"
#include "base/process.hpp"
#include "boot/slots.hpp"
#include "install/mount.hpp"
#include "storage/pin.hpp"
#include "storage/recovery_key.hpp"
#include "storage/storage.hpp"

#include <array>
#include <cerrno>
#include <cstdint>
#include <sys/random.h>

namespace holdfast::install {

namespace fs = std::filesystem;

Result<std::string> new_recovery_key() {
    // modhex, the alphabet of YubiKeys; systemd's make_recovery_key() writes 32 bytes so.
    constexpr std::string_view letters = "cbdefghijklnrtuv";
    std::array<std::uint8_t, 32> bytes{};
    if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
        return fail(Code::Bug, "the kernel gives no random bytes for a recovery key");
    std::string key;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (i != 0 && i % 4 == 0) key += '-';
        key += letters[bytes[i] >> 4U];
        key += letters[bytes[i] & 15U];
    }
    return key;
}

Result<std::optional<Sealing>> sealing_for(std::string_view release_json, const fs::path& root) {
    const Json release = TRY(in("release.json", json::parse(release_json, mebibyte)));
    const std::string wanted = release.value(nlohmann::json::json_pointer("/capabilities/tpm"), std::string("none"));
    const bool wants_pin = TRY(storage::demands_pin(release_json));
    if (wanted == "none") return std::nullopt;
    if (boot::tpm(root) == boot::Tpm::Version2)
        return Sealing{.public_key = root / "usr/lib/holdfast/boot/pcr.pub",
                       .recovery_key = TRY(new_recovery_key()),
                       .wants_pin = wants_pin,
                       .pin = {}};
    if (wants_pin)
        return fail(
            Code::Denied,
            "this image demands a disk that asks for a PIN, which a TPM 2.0 keeps, but none answers; turn it on "
            "in the firmware's setup, or take an image of another profile");
    if (wanted == "required")
        return fail(
            Code::Denied,
            "this board has a TPM 2.0, to which its disk is sealed, but none answers; turn it on in the firmware's "
            "setup");
    return std::nullopt;
}

Result<> check_pin_answer(std::string_view release_json, std::string_view pin) {
    const bool wanted = TRY(storage::demands_pin(release_json));
    if (wanted && pin.empty())
        return fail(Code::Denied,
                    "install.yaml: this image demands a PIN for its disk; write one, such as 'pin: 135791', or leave "
                    "install.yaml away and be asked");
    if (!wanted && !pin.empty()) return fail(Code::Denied, "install.yaml: pin: this image demands none; remove it");
    return {};
}

Result<> seal_to_pin(const Sealing& sealing, const fs::path& partition, const fs::path& key_file) {
    return storage::enroll({.device = partition,
                            .recovery_key = key_file,
                            .public_key = sealing.public_key,
                            .secure_boot = false,
                            .pin = sealing.pin});
}

Result<> leave_keys(const Sealing& sealing, const fs::path& partition, const fs::path& key_file, const fs::path& work) {
    constexpr auto name = "holdfast-var";
    TRY(run_or_fail({"systemd-cryptsetup", "attach", name, partition.string(), key_file.string(), "discard"}));
    Mount var = TRY(Mount::make(fs::path("/dev/mapper") / name, work / "var", "ext4", Access::ReadWrite));
    const fs::path file = var.at() / storage::recovery_key_in_var;
    TRY(make_directories(file.parent_path()));
    // Nobody but root reads what lies below.
    fs::permissions(file.parent_path(), fs::perms::owner_all);
    TRY(write_whole(file, sealing.recovery_key, 0600));
    if (!sealing.pin.empty()) TRY(write_whole(var.at() / storage::pin_in_var, sealing.pin + "\n", 0600));
    TRY(var.unmount());
    TRY(run_or_fail({"systemd-cryptsetup", "detach", name}));
    return {};
}

}  // namespace holdfast::install
