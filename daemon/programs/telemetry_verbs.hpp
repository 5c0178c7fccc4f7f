// The verbs of holdfast-telemetry.
#pragma once

#include "base/digest.hpp"
#include "base/result.hpp"
#include "telemetry/otlp.hpp"

#include <filesystem>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace holdfast {

struct TelemetryArguments {
    std::filesystem::path root = "/";
    bool json = false;
    // run
    std::string bus;
    int port = -1;  // below 0: the settings'
    std::filesystem::path socket = "/run/holdfast/metrics.sock";
    // show, export
    std::string node;
    std::size_t count = 1;
    bool now = false;
    std::string since;
    std::filesystem::path out, cursor, headers, certificates;
    std::string post;
};

using TelemetryVerb = Result<int> (*)(const TelemetryArguments&);
Result<int> run_telemetry(const TelemetryArguments& a);
Result<int> show_telemetry(const TelemetryArguments& a);
Result<int> export_telemetry(const TelemetryArguments& a);

// Where the feeds are.
std::filesystem::path feeds_file(const std::filesystem::path& root);

// Everybody who is known here, with the names under which others are told of them; this box is the first one, where it
// was admitted.
struct TelemetryNodes {
    std::vector<std::pair<Digest, telemetry::Resource>> all;
    std::set<Digest> set_apart;  // those in quarantine: nobody knows which of their two histories is true
    bool admitted = false;

    static Result<TelemetryNodes> open(const std::filesystem::path& root);
    // The one that is meant: a box's name, its SPIFFE ID, or the first digits of its number. "" is this box. NotFound.
    Result<std::pair<Digest, telemetry::Resource>> meant(const std::string& words) const;
};

// "24h", "7d", "90m", or "2026-11-30" (UTC) as milliseconds since the epoch; "" is the beginning. Corrupt.
Result<std::int64_t> since(const std::string& words, std::int64_t now);

// What came from elsewhere, without what would steer a terminal.
std::string harmless(std::string_view text);

}  // namespace holdfast
