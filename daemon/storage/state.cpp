#include "storage/state.hpp"

#include "base/file.hpp"
#include "base/text.hpp"
#include "boot/slots.hpp"

namespace holdfast::storage {

namespace fs = std::filesystem;

State state(const fs::path& root) {
    constexpr std::size_t name_limit = 256;
    std::error_code failed;
    for (const auto& entry : fs::directory_iterator(root / "sys/class/block", failed))
        if (trim(read_whole(entry.path() / "dm/name", name_limit).value_or("")) == "holdfast-var")
            return {"sealed", fs::exists(root / recovered_in_root, failed)
                                  ? "/var is sealed; at this start its recovery key opened it"
                                  : "/var is sealed; at this start the TPM opened it"};
    if (failed) return {"unknown", "what disks there are cannot be seen: " + failed.message()};
    return {"open", why_open(root)};
}

std::string why_open(const fs::path& root) {
    std::string words = "/var is not sealed: this box was not installed from an ISO, or there was no TPM 2.0 then";
    if (boot::tpm(root) == boot::Tpm::Version2) return words;
    return words + "; there is none now";
}

}  // namespace holdfast::storage
