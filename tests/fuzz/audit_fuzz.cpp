// Payloads of the feed of deeds, as others have written them: what is read is told, and is written as it was.
#include "audit/record.hpp"

#include <cstdlib>

using namespace holdfast;

namespace {

void need(bool good) {
    if (!good) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    const std::string_view payload(reinterpret_cast<const char*>(data), size);
    if (const auto begun = audit::parse_begun(payload)) {
        need(audit::is_verb(begun->verb));
        static_cast<void>(audit::text(begun->who));
        // Words may have been mended by being written again, and are the same from then on.
        const auto again = audit::parse_begun(audit::write(*begun));
        need(again.has_value() && audit::write(*again) == audit::write(*begun));
    }
    if (const auto ended = audit::parse_ended(payload)) {
        const auto again = audit::parse_ended(audit::write(*ended));
        need(again.has_value() && audit::write(*again) == audit::write(*ended));
    }
    if (const auto taken = audit::parse_taken(payload)) need(audit::write(*taken) == payload);
    return 0;
}
