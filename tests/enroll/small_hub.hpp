// An authority that knows the release of a MeasuredBox, and the owner's Secure Boot keys.
#pragma once

#include "enroll/measured_box.hpp"
#include "hub/authority.hpp"

namespace holdfast {

inline hub::Authority make_hub(const std::filesystem::path& folder, std::int64_t now) {
    good(hub::Authority::create(folder, "clinic.example", now));
    auto authority = good(hub::Authority::open(folder));
    auto& store = authority.store();
    good(store.add_release("holdfast/generic-x86-64/dev/podman", "1.0.0", std::string(64, 'c'), measurements()));
    for (const auto* key : {"PK", "KEK", "db"}) good(store.add_secure_boot_key(key, sha256(MeasuredBox::owners(key))));
    return authority;
}

}  // namespace holdfast
