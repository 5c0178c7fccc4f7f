// Records of telemetry come in feeds of other nodes: read or refused, and what is read is written again and shown as it
// is.
#include "base/cbor.hpp"
#include "telemetry/exposition.hpp"
#include "telemetry/otlp.hpp"

using namespace holdfast;
using namespace holdfast::telemetry;

namespace {

const Resource somebody{"spiffe://clinic.example/site/north/box/one", "one", "north"};

void take(const WindowRecord& window) {
    // In as many parts as it takes, nothing is lost.
    for (const std::size_t limit : {std::size_t{200}, read_limit}) {
        std::size_t series = 0, gone = 0;
        for (const auto& each : write_window(window, limit)) {
            const auto again = parse_window(each);
            if (!again) __builtin_trap();
            series += again->series.size();
            gone += again->gone.size();
        }
        if (series != window.series.size() || gone != window.gone.size()) __builtin_trap();
    }
    if (json::write(metrics_request(somebody, window)).empty()) __builtin_trap();
    for (const auto& [each, reduced] : window.series)
        if (text(each).contains('\n') || shortest(reduced.last).empty()) __builtin_trap();
}

void take(const LogsRecord& logs) {
    std::size_t patterns = 0;
    for (const auto& each : write_logs(logs, 200)) {
        const auto again = parse_logs(each);
        if (!again) __builtin_trap();
        patterns += again->patterns.size();
    }
    if (patterns != logs.patterns.size()) __builtin_trap();
    if (json::write(logs_request(somebody, logs)).empty()) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    if (const auto window = parse_window(bytes)) take(*window);
    if (const auto logs = parse_logs(bytes)) take(*logs);
    return 0;
}
