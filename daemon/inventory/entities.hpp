// What was seen on a box as entities. README.md tells which fields are the box's own, and which are people's.
#pragma once

#include "base/json.hpp"
#include "inventory/devices.hpp"
#include "inventory/workloads.hpp"

#include <string>
#include <vector>

namespace holdfast::inventory {

inline constexpr auto observed_by = "holdfast.org/observed-by";

struct Box {
    std::string name, site;
    Facts facts;   // board, profile, runtime, version, commit, slot, verdict: what is known of them
    Facts labels;  // those of them that people filter by
};

struct Observed {
    Box box;
    std::vector<Device> devices;
    std::vector<Workload> workloads;
};

// One entity as it is to be where nobody has changed anything: kind, namespace and name, and what was seen.
std::vector<Json> entities_of(const Observed& observed);

// Who owns them until people say who it is: the site, as a Group of its name.
Json owner_of(const Box& box);

// `wanted`, one of those, laid over what the catalog says of it (null where it does not have it): facts and labels of
// the box's own that were not seen go, lists that lead to the box have it, and all else stays as it is.
Json laid_over(const Json& wanted, const Json& there);

}  // namespace holdfast::inventory
