// Any bytes as the file of a workload: who may have papers, or a refusal with a place.
#include "identity/svid.hpp"
#include "workload/workloads.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace holdfast;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto parsed = workload::parse_workload(text, "alarms.yaml");
    if (!parsed) {
        if (!parsed.error().what.starts_with("alarms.yaml")) std::abort();
        return 0;
    }
    const bool sound = parsed->name == "alarms" && !parsed->user.empty() && parsed->user.size() <= 32 &&
                       parsed->hint.size() <= 128 && parsed->seconds >= 300 &&
                       parsed->seconds <= identity::svid_longest;
    if (!sound) std::abort();
    // As the name of the file itself.
    static_cast<void>(workload::parse_workload("user: monitor\n", std::filesystem::path(text)));
    return 0;
}
