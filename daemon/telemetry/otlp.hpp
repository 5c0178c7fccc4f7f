// Records as OpenTelemetry's collectors take them: OTLP 1 in JSON (opentelemetry.io/docs/specs/otlp), that is the JSON
// mapping of Protocol Buffers with enumerations as numbers.
#pragma once

#include "base/json.hpp"
#include "telemetry/record.hpp"

#include <string>

namespace holdfast::telemetry {

// Whose record it is.
struct Resource {
    std::string node;        // SPIFFE ID, or another name where nobody knows it
    std::string host, site;  // "" where nobody knows them
};

// ExportMetricsServiceRequest. A gauge is its last value as Gauge, and its window as Histogram of one bucket under
// NAME_window, with count, sum, min and max; a counter is a Sum of what it grew, delta and monotonic; what is gone is a
// point that says so.
Json metrics_request(const Resource& resource, const WindowRecord& record);
// ExportLogsServiceRequest. One record for each pattern: its example as body, and the pattern with its count beside.
Json logs_request(const Resource& resource, const LogsRecord& record);

}  // namespace holdfast::telemetry
