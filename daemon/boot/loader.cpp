#include "boot/loader.hpp"

#include "base/crash_point.hpp"
#include "boot/architecture.hpp"
#include "boot/authenticode.hpp"
#include "boot/copy.hpp"
#include "boot/pe.hpp"
#include "boot/revocation.hpp"
#include "boot/utf16.hpp"
#include "boot/variable.hpp"

#include <algorithm>
#include <cstring>
#include <optional>

namespace holdfast::boot {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view magic = "#### LoaderInfo: systemd-boot ";

// The two places, from the top of the ESP; our boot entry names the first.
struct Places {
    fs::path named = fs::path("EFI/systemd") / own_architecture().systemd_boot();
    fs::path fallback = fs::path("EFI/BOOT") / own_architecture().boot;
};

// Its version, "257.9-1~deb13u1", where it is systemd-boot and whole: what signatures it has are for these very bytes.
// The section is how bootctl(1) knows it.
std::optional<std::string> version_of(const Pe& program) {
    const auto* section = program.section(".sdmagic");
    const std::string text = section ? section->contents() : "";
    const auto end = text.find(" ####", magic.size());
    if (!text.starts_with(magic) || end == text.npos) return std::nullopt;
    const auto signatures = parse_certificate_table(program.certificates());
    const bool whole = signatures && std::ranges::all_of(*signatures, [&](std::string_view pkcs7) {
                           const auto signature = read_signature(pkcs7, program.authenticode(), {});
                           return signature && signature->vouches;
                       });
    if (!whole) return std::nullopt;
    return text.substr(magic.size(), end - magic.size());
}

std::optional<std::string> version_at(const fs::path& file) {
    const auto program = Pe::load(file);
    return program ? version_of(*program) : std::nullopt;
}

using Sentence = std::optional<std::string>;

// Whether this very version has started the box (LoaderInfo: "systemd-boot 257.9-1~deb13u1").
bool has_started_us(const fs::path& root, const std::string& version) {
    const auto info = read_variable(root, "LoaderInfo", vendor::loader);
    return info && from_utf16(*info) == "systemd-boot " + version;
}

// A version that has never started this box is in one place alone: firmware that cannot start it takes the other one.
Result<Sentence> make_alike(const fs::path& root, const Places& places) {
    const fs::path esp = root / "efi";
    if (same_bytes(esp / places.named, esp / places.fallback).value_or(false)) return std::nullopt;
    const auto named = version_at(esp / places.named), fallback = version_at(esp / places.fallback);
    if (!named && !fallback)
        return fail(Code::NotFound, "neither " + places.named.string() + " nor " + places.fallback.string() + " in " +
                                        esp.string() + " is a whole boot loader; is the ESP mounted?");
    if (named && fallback && !has_started_us(root, *named)) return std::nullopt;
    const auto& whole = named ? places.named : places.fallback;
    const auto& other = named ? places.fallback : places.named;
    TRY(place({esp / whole, esp / other}));
    crash_point("firmware.loader");
    return other.string() + " was copied from " + whole.string() + ": it was missing or another one";
}

// The first place alone; the other one follows it once it has started the box.
Result<Sentence> bring(const fs::path& root, const Places& places) {
    const fs::path esp = root / "efi";
    const fs::path file = root / "usr/lib/holdfast/boot" / own_architecture().systemd_boot();
    if (same_bytes(file, esp / places.named).value_or(false)) return std::nullopt;
    const auto program = Pe::load(file);
    if (!program && program.error().code == Code::NotFound) return std::nullopt;
    const auto ours = program ? version_of(*program) : std::nullopt;
    if (!ours) return fail(Code::Corrupt, file.string() + " is no whole boot loader; the one on the ESP stays");
    const auto there = version_at(esp / places.named);
    if (there && ::strverscmp(ours->c_str(), there->c_str()) < 0) return std::nullopt;
    const auto revocations = TRY(read_revocations(root));
    if (revocations.secure_boot == SecureBoot::Enabled)
        if (const auto refused = refusal(revocations, *program))
            return fail(Code::Denied, file.string() + " stays where it is: " + refused->what);
    TRY(place({file, esp / places.named}));
    crash_point("firmware.newer-loader");
    return places.named.string() + " is systemd-boot " + *ours + " now, of the image that runs: it was " +
           there.value_or("missing or damaged");
}

}  // namespace

Result<std::vector<std::string>> restore_loader(const fs::path& root) {
    const Places places;
    std::vector<std::string> done;
    // A place that is torn is mended first, with what the box was started by.
    const auto mended = make_alike(root, places);
    const auto brought = bring(root, places);
    for (const auto* each : {&mended, &brought})
        if (*each && **each) done.push_back(***each);
    if (!brought) return std::unexpected(brought.error());
    if (*brought)
        TRY(make_alike(root, places));
    else if (!mended)
        return std::unexpected(mended.error());
    return done;
}

}  // namespace holdfast::boot
