// Samples as Prometheus reads them: its text format, version 0.0.4.
#pragma once

#include "telemetry/series.hpp"

#include <string>

namespace holdfast::telemetry {

inline constexpr auto exposition_type = "text/plain; version=0.0.4; charset=utf-8";

// Series of one metric stand together, below its help and type; one that is there twice is told once, as it was last.
std::string exposition(const Samples& samples);

// Digits enough to read the same number again.
std::string shortest(double value);

}  // namespace holdfast::telemetry
