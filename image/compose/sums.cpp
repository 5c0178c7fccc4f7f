#include "compose/sums.hpp"

#include "base/digest.hpp"
#include "base/file.hpp"

#include <algorithm>

namespace holdfast::compose {

Result<> write_sums(const std::filesystem::path& folder, std::vector<std::filesystem::path> files,
                    const keys::Keys& keys) {
    std::ranges::sort(files);
    std::string sums;
    for (const auto& file : files) {
        const std::string digest = TRY(sha256_file(file));
        sums += digest + "  " + file.lexically_relative(folder).string() + "\n";
    }
    TRY(write_whole(folder / "SHA256SUMS", sums));
    return keys::sign_detached(keys, folder / "SHA256SUMS", folder / "SHA256SUMS.asc");
}

}  // namespace holdfast::compose
