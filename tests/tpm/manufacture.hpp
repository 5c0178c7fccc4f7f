// What a manufacturer does to a software TPM.
#pragma once

#include "base/file.hpp"
#include "base/process.hpp"

namespace holdfast {

// Fills the folder `state`, which must be there, with a TPM whose endorsement keys have certificates of a small
// authority: the one in the folder `ca`, which is made where there is none. Its certificate is issuer.pem there.
inline Result<> manufacture_tpm(const std::filesystem::path& state, const std::filesystem::path& folder,
                                const std::filesystem::path& ca) {
    const std::string at = folder.string(), by = ca.string();
    TRY(write_whole(folder / "localca.conf", "statedir = " + by + "\nsigningkey = " + by + "/key.pem\nissuercert = " +
                                                 by + "/issuer.pem\ncertserial = " + by + "/serial\n"));
    TRY(write_whole(folder / "localca.options",
                    "--platform-manufacturer Holdfast\n--platform-version 1\n--platform-model test\n"));
    TRY(write_whole(folder / "setup.conf",
                    "create_certs_tool = /usr/bin/swtpm_localca\ncreate_certs_tool_config = " + at +
                        "/localca.conf\ncreate_certs_tool_options = " + at + "/localca.options\n"));
    TRY(make_directories(ca));
    TRY(run_or_fail(
        {"swtpm_setup", "--tpm2", "--tpmstate", state.string(), "--create-ek-cert", "--config", at + "/setup.conf"}));
    return {};
}

}  // namespace holdfast
