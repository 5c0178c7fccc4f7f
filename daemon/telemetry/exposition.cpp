#include "telemetry/exposition.hpp"

#include <format>

namespace holdfast::telemetry {

std::string shortest(double value) {
    return std::format("{}", value);
}

std::string exposition(const Samples& samples) {
    std::map<Series, double> sorted;
    for (const auto& each : samples) sorted[each.series] = each.value;
    std::string made, name;
    for (const auto& [series, value] : sorted) {
        const auto* known = metric(series.name);
        if (!known) continue;
        if (series.name != name)
            made += std::format("# HELP {0} {1}\n# TYPE {0} {2}\n", known->name, known->help,
                                known->kind == Kind::Counter ? "counter" : "gauge");
        name = series.name;
        made += text(series) + ' ' + shortest(value) + '\n';
    }
    return made;
}

}  // namespace holdfast::telemetry
