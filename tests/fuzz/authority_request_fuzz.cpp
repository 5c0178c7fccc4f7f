// Requests of authorities come on sticks to the computer that has the root's key: read or refused.
#include "identity/request.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    using namespace holdfast::identity;
    const auto read = parse_authority_request({reinterpret_cast<const char*>(data), size});
    if (read && (!read->key || read->trust_domain.empty())) __builtin_trap();
    return 0;
}
