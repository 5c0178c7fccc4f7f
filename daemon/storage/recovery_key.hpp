// Where a box keeps the recovery key of its sealed disk: inside the disk that it opens.
#pragma once

namespace holdfast::storage {

// Below /var. Mode 0600.
inline constexpr auto recovery_key_in_var = "lib/holdfast/storage/recovery-key";

}  // namespace holdfast::storage
