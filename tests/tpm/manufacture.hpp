// What a manufacturer does to a software TPM.
#pragma once

#include "base/file.hpp"
#include "base/process.hpp"

namespace holdfast {

// Fills the folder `state`, which must be there, with a TPM whose endorsement keys have certificates of a small
// authority. That is made below `folder`, and its own certificate is ca/issuer.pem there.
inline Result<> manufacture_tpm(const std::filesystem::path& state, const std::filesystem::path& folder) {
    const std::string at = folder.string();
    TRY(write_whole(folder / "localca.conf", "statedir = " + at + "/ca\nsigningkey = " + at +
                                                 "/ca/key.pem\nissuercert = " + at +
                                                 "/ca/issuer.pem\ncertserial = " + at + "/ca/serial\n"));
    TRY(write_whole(folder / "localca.options",
                    "--platform-manufacturer Holdfast\n--platform-version 1\n--platform-model test\n"));
    TRY(write_whole(folder / "setup.conf",
                    "create_certs_tool = /usr/bin/swtpm_localca\ncreate_certs_tool_config = " + at +
                        "/localca.conf\ncreate_certs_tool_options = " + at + "/localca.options\n"));
    TRY(make_directories(folder / "ca"));
    TRY(run_or_fail(
        {"swtpm_setup", "--tpm2", "--tpmstate", state.string(), "--create-ek-cert", "--config", at + "/setup.conf"}));
    return {};
}

}  // namespace holdfast
