#include "storage/luks.hpp"

#include "base/handle.hpp"

#include <cstring>
#include <libcryptsetup.h>

namespace holdfast::storage {

namespace {

using Device = Handle<crypt_device, crypt_free>;

void silent(int, const char*, void*) {}

unsigned count_keys(crypt_device* device) {
    unsigned all = 0;
    for (int slot = 0; slot < crypt_keyslot_max(CRYPT_LUKS2); ++slot) {
        const auto state = crypt_keyslot_status(device, slot);
        if (state == CRYPT_SLOT_ACTIVE || state == CRYPT_SLOT_ACTIVE_LAST) ++all;
    }
    return all;
}

}  // namespace

Result<Header> read_header(const std::filesystem::path& path) {
    // Of all devices: what goes wrong before there is one would be told on stderr.
    crypt_set_log_callback(nullptr, silent, nullptr);
    crypt_device* opened = nullptr;
    if (const int error = crypt_init(&opened, path.c_str()); error < 0)
        return fail(error == -ENOENT || error == -ENOTBLK ? Code::NotFound : Code::Corrupt,
                    path.string() + ": " + std::strerror(-error));
    const Device device(opened);
    if (crypt_load(device.get(), CRYPT_LUKS2, nullptr) < 0) return fail(Code::Corrupt, path.string() + " is no LUKS2");
    Header header{.seals = {}, .others = count_keys(device.get())};
    for (int token = 0; token < crypt_token_max(CRYPT_LUKS2); ++token) {
        const char *type = nullptr, *json = nullptr;
        if (crypt_token_status(device.get(), token, &type) < CRYPT_TOKEN_INTERNAL || !type) continue;
        if (std::string_view(type) != "systemd-tpm2" || crypt_token_json_get(device.get(), token, &json) < 0) continue;
        header.seals.push_back(TRY(in(path.string(), parse_token(json))));
    }
    header.others -= std::min<unsigned>(header.others, static_cast<unsigned>(header.seals.size()));
    return header;
}

}  // namespace holdfast::storage
