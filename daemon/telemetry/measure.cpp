#include "telemetry/measure.hpp"

#include "telemetry/host.hpp"
#include "telemetry/standing.hpp"
#include "telemetry/units.hpp"

namespace holdfast::telemetry {

namespace {

void note(Measured& into, const std::string& source, const Result<>& done) {
    into.samples.push_back({{"holdfast_telemetry_source_up", {{"source", source}}}, done ? 1.0 : 0.0});
    if (!done) into.troubles[source] = done.error().what;
}

}  // namespace

Measured measure(const std::filesystem::path& root, const std::string& bus) {
    Measured all{.samples = host(root), .troubles = {}};
    note(all, "health", add_health(root, all.samples));
    note(all, "updates", add_update(root, all.samples));
    note(all, "units", add_units(bus, root, all.samples));
    return all;
}

}  // namespace holdfast::telemetry
