// Any bytes as telemetry.yaml: settings within their bounds, or a refusal with a place.
#include "telemetry/settings.hpp"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    using namespace holdfast::telemetry;
    const auto settings = parse_settings({reinterpret_cast<const char*>(data), size}, "telemetry.yaml");
    if (!settings && !settings.error().what.starts_with("telemetry.yaml")) std::abort();
    if (!settings) return 0;
    for (const auto& field : fields()) {
        const long value = (*settings).*field.value;
        if (value < field.least || value > field.most) std::abort();
    }
    // Any pattern is one that can be compared.
    Told told(settings->deadbands, 1);
    const ReducedSeries some{{{"holdfast_host_load", {{"minutes", "1"}}}, {}}};
    told.news(some, 0);
    if (told.news(some, 0).series.size() > 1) std::abort();
    return 0;
}
