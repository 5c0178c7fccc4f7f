#include "keys/pcr.hpp"

#include "base/file.hpp"
#include "keys/certificate.hpp"
#include "keys/private.hpp"

#include <algorithm>
#include <charconv>

namespace holdfast::keys {

namespace {

namespace fs = std::filesystem;

// NUMBER.key; 0 for any other name.
unsigned number_of(const fs::path& file) {
    const std::string name = file.filename().string();
    unsigned number = 0;
    const auto [rest, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    return error == std::errc() && std::string_view(rest) == ".key" ? number : 0;
}

std::vector<unsigned> numbers(const fs::path& folder) {
    std::vector<unsigned> all;
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(folder, none))
        if (const unsigned number = number_of(entry.path())) all.push_back(number);
    std::ranges::sort(all, std::greater());
    return all;
}

PcrKey named(const fs::path& folder, unsigned number) {
    const std::string stem = std::to_string(number);
    return {.secret = folder / (stem + ".key"), .open = folder / (stem + ".pub")};
}

}  // namespace

Result<std::vector<PcrKey>> pcr_keys(const fs::path& directory) {
    std::vector<PcrKey> keys;
    for (const unsigned number : numbers(directory / "pcr")) {
        keys.push_back(named(directory / "pcr", number));
        TRY(check_private(keys.back().secret, directory));
        if (!fs::exists(keys.back().open))
            return fail(Code::NotFound, "the key directory lacks " + keys.back().open.string());
    }
    if (keys.empty())
        return fail(Code::NotFound,
                    "the key directory has no key for sealed disks; make one with 'holdfast-image keys "
                    "add-pcr " +
                        directory.string() + "'");
    return keys;
}

Result<PcrKey> add_pcr_key(const fs::path& directory) {
    const fs::path folder = directory / "pcr";
    TRY(make_directories(folder));
    fs::permissions(folder, fs::perms::owner_all);
    const auto before = numbers(folder);
    const PcrKey fresh = named(folder, before.empty() ? 1 : before.front() + 1);
    const OpenPair pair = TRY(make_open_pair());
    // The secret half last: it is what makes a key one of the directory's.
    TRY(write_whole(fresh.open, pair.open, 0600));
    TRY(write_whole(fresh.secret, pair.key, 0600));
    return fresh;
}

}  // namespace holdfast::keys
