// What reaches a key on a PKCS#11 token.
#pragma once

namespace holdfast::keys {

inline constexpr auto pkcs11_engine = "/usr/lib/x86_64-linux-gnu/engines-3/pkcs11.so";

}  // namespace holdfast::keys
