// How old what somebody has said is: never better than it is.
#pragma once

#include "sync/batch.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace holdfast::sync {

// "last heard 9 days ago", of the time when it came, by the clock here; 0: never.
std::string freshness(std::int64_t came, std::int64_t now);

// How many signed records of `here`, of one class or of all, somebody lacks who is so far.
std::uint64_t lacking(const Vector& here, const Vector& there, std::optional<feed::Class> of = {});

}  // namespace holdfast::sync
