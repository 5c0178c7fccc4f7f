#include "storage/signatures.hpp"

#include "base/json.hpp"
#include "boot/pe.hpp"

namespace holdfast::storage {

Result<Fingerprints> parse_signers(std::string_view text) {
    const Json banks = TRY(in("PCR signatures", json::parse(text, signatures_limit)));
    const auto refuse = [] { return fail(Code::Corrupt, "PCR signatures: not as systemd-measure writes them"); };
    if (!banks.is_object()) return refuse();
    Fingerprints all;
    for (const auto& [bank, list] : banks.items()) {
        if (!list.is_array()) return refuse();
        for (const auto& each : list)
            if (const auto print = json::text(each, "pkfp", 128); print) all.insert(*print);
    }
    return all;
}

Result<Fingerprints> signers_of(const std::filesystem::path& uki) {
    const auto pe = TRY(boot::Pe::load(uki));
    const auto* section = pe.section(".pcrsig");
    if (!section) return Fingerprints();
    std::string text = section->contents();
    text.resize(std::min(text.size(), text.find('\0')));
    return parse_signers(text);
}

}  // namespace holdfast::storage
