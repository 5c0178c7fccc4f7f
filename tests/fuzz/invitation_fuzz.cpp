// enroll.yaml, from a medium that anybody may have written: refused with a place or taken, and then written as it was
// read.
#include "identity/invitation.hpp"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    using namespace holdfast::identity;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto invitation = parse_invitation(text, "enroll.yaml");
    if (!invitation && !invitation.error().what.starts_with("enroll.yaml")) std::abort();
    if (!invitation || !*invitation) return 0;
    const auto again = parse_invitation(write_invitation(**invitation), "enroll.yaml");
    if (!again || !*again || **again != **invitation) std::abort();
    return 0;
}
