// SHA256SUMS and SHA256SUMS.asc: what a folder's files must be, signed by the release key.
#pragma once

#include "keys/keys.hpp"

#include <vector>

namespace holdfast::compose {

// Lists `files`, all of them below `folder`, in the form of sha256sum(1), and signs the list.
Result<> write_sums(const std::filesystem::path& folder, std::vector<std::filesystem::path> files,
                    const keys::Keys& keys);

}  // namespace holdfast::compose
