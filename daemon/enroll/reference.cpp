#include "enroll/reference.hpp"

#include "base/json.hpp"

namespace holdfast::enroll {

namespace {

constexpr std::size_t measurements_limit = 1UL << 20U;

}  // namespace

Result<Reference> parse_reference(const std::string& measurements) {
    const auto wrong = fail(Code::Corrupt, "these are no measurements of a release (NAME.measurements.json)");
    const Json all = TRY(json::parse(measurements, measurements_limit));
    Reference reference;
    const auto values = [&](const char* pcr, auto take) -> Result<> {
        const auto pcrs = all.find("pcrs");
        if (pcrs == all.end() || !pcrs->is_object() || !pcrs->contains(pcr) || !(*pcrs)[pcr].is_object()) return wrong;
        for (const auto& [key, value] : (*pcrs)[pcr].items()) {
            if (!value.is_string() || key.empty()) return wrong;
            take(key, TRY(digest_of(value.template get_ref<const std::string&>())));
        }
        return {};
    };
    TRY(values("11", [&](const std::string&, const Digest& value) { reference.pcr_11.insert(value); }));
    TRY(values("12", [&](const std::string& slot, const Digest& value) { reference.pcr_12[slot.front()] = value; }));
    const auto components = all.find("components");
    if (components == all.end() || !components->is_array()) return wrong;
    for (const auto& each : *components) {
        const std::string name = TRY(json::text(each, "name", 64));
        const std::string authenticode = TRY(json::text(each, "authenticode", 64));
        const Digest digest = TRY(digest_of(authenticode));
        if (name == "systemd-boot") reference.loader = digest;
        if (name == "uki") reference.uki = digest;
        if (name == "kernel") reference.kernel = digest;
        if (name.starts_with("addon-") && name.size() == 7) reference.addons[name.back()] = digest;
    }
    if (reference.addons.empty() || reference.pcr_12.empty()) return wrong;
    return reference;
}

}  // namespace holdfast::enroll
