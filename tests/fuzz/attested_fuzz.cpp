// A TPM's key, statement and signature as they come with a request.
#include "tpm/attested.hpp"
#include "tpm/credential.hpp"
#include "tpm/public_key.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    using namespace holdfast::tpm;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    static_cast<void>(read_quote(bytes));
    static_cast<void>(read_certification(bytes));
    static_cast<void>(attributes(bytes));
    static_cast<void>(make_credential(bytes, "name", "secret"));
    static_cast<void>(check_signature(bytes, bytes, bytes));
    return 0;
}
