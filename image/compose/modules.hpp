// The kernel modules that a system in memory needs, and whatever those depend on.
#pragma once

#include "keys/keys.hpp"

#include <filesystem>
#include <set>
#include <string>
#include <vector>

namespace holdfast::compose {

// Paths below usr/lib/modules/VERSION of `wanted` and all they depend on, by modules.dep (depmod(8)).
// Modules built into the kernel are skipped. NotFound for a name the kernel does not have.
// `dep` and `builtin` are the texts of modules.dep and modules.builtin.
Result<std::set<std::string>> closure(const std::string& dep, const std::string& builtin,
                                      const std::vector<std::string>& wanted);

// Makes `into`/usr/lib/modules/VERSION with those modules, unwrapped, and its indexes.
Result<> gather_modules(const std::filesystem::path& tree, const std::string& version,
                        const std::vector<std::string>& wanted, const std::filesystem::path& into);

// Signs the modules that do not come with the kernel (usr/lib/modules/VERSION/updates) with the db key; they are not
// wrapped afterwards. Returns how many there are.
Result<std::size_t> sign_added_modules(const std::filesystem::path& tree, const std::string& version,
                                       const keys::Keys& keys);

// Wraps every module as zstd in the one way that a box packs again in moments (content/packing.hpp), whatever it was
// wrapped in before, and writes the indexes anew. (Debian's xz takes minutes for a kernel.) Returns how many there are.
Result<std::size_t> wrap_modules(const std::filesystem::path& tree, const std::string& version);

// The only version below `tree`/usr/lib/modules.
Result<std::string> kernel_version(const std::filesystem::path& tree);

}  // namespace holdfast::compose
