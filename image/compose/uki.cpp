#include "compose/uki.hpp"

#include "base/file.hpp"
#include "base/process.hpp"
#include "boot/architecture.hpp"

namespace holdfast::compose {

namespace {

namespace fs = std::filesystem;

std::string efi_suffix(const std::string& architecture) {
    return std::string(boot::architecture(architecture).suffix);
}

fs::path stub(const std::string& kind, const std::string& architecture) {
    return "/usr/lib/systemd/boot/efi/" + kind + efi_suffix(architecture) + ".efi.stub";
}

Result<> ukify(Arguments arguments, const Signer& signer, const fs::path& into) {
    const fs::path bare = into.string() + ".unsigned";
    arguments.insert(arguments.begin(), {"ukify", "build"});
    arguments.push_back("--output=" + bare.string());
    TRY(in("ukify", run_or_fail(arguments)));
    TRY(keys::sign_pe(signer.keys, bare, into, signer.time));
    return remove_tree(bare);
}

}  // namespace

Result<> build_uki(const UkiParts& parts, const Signer& signer, const fs::path& into) {
    Arguments arguments{"--linux=" + parts.linux_image.string(),
                        "--initrd=" + parts.initrd.string(),
                        "--os-release=@" + parts.os_release.string(),
                        "--cmdline=" + parts.cmdline,
                        "--uname=" + parts.kernel_version,
                        "--stub=" + stub("linux", parts.architecture).string(),
                        "--efi-arch=" + efi_suffix(parts.architecture)};
    for (const auto& key : parts.pcr_keys) {
        // Until the initrd is left and no longer: /var is unlocked between that and sysinit, and a program that runs
        // later gets nothing out of the TPM.
        arguments.insert(arguments.end(),
                         {"--pcr-private-key=" + key.secret.string(), "--pcr-public-key=" + key.open.string(),
                          "--phases=enter-initrd:leave-initrd"});
    }
    if (!parts.pcr_keys.empty())
        arguments.insert(arguments.end(), {"--pcr-banks=sha256", "--pcrpkey=" + parts.pcr_keys.front().open.string()});
    if (!parts.microcode.empty()) arguments.push_back("--microcode=" + parts.microcode.string());
    return ukify(std::move(arguments), signer, into);
}

Result<> build_addon(char slot, const std::string& architecture, const Signer& signer, const fs::path& into) {
    const std::string cmdline = std::string("ostree=/ostree/root.") + slot + " androidboot.slot_suffix=_" + slot;
    return ukify({"--cmdline=" + cmdline, "--stub=" + stub("addon", architecture).string(),
                  "--efi-arch=" + efi_suffix(architecture)},
                 signer, into);
}

Result<> sign_loader(const fs::path& tree, const std::string& architecture, const Signer& signer,
                     const fs::path& into) {
    return keys::sign_pe(signer.keys,
                         tree / "usr/lib/systemd/boot/efi" / boot::architecture(architecture).systemd_boot(), into,
                         signer.time);
}

}  // namespace holdfast::compose
