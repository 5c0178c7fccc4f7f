// Any bytes as a token of LUKS2 and as the signatures of a UKI: what they say, within bounds, or a refusal.
#include "storage/signatures.hpp"
#include "storage/token.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace holdfast;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (const auto seal = storage::parse_token(text))
        for (const auto* registers : {&seal->pcrs, &seal->signed_pcrs})
            if (std::ranges::any_of(*registers, [](unsigned pcr) { return pcr > 23; })) std::abort();
    if (const auto signers = storage::parse_signers(text); signers && signers->size() > size) std::abort();
    return 0;
}
