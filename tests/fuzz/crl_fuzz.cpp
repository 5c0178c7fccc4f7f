// Lists of an authority come over lines and on sticks from anybody: read or refused.
#include "identity/crl.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    using namespace holdfast::identity;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const auto list = parse_crl(bytes);
    if (!list) return 0;
    if (list->issuer.empty()) __builtin_trap();
    // By a certificate that is none, and then by what the list itself might be taken for.
    if (read_crl(bytes, bytes) || read_crl(bytes, "")) __builtin_trap();
    static_cast<void>(withdrawn(*list, bytes));
    return 0;
}
