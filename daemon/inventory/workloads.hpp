// What a site or an image runs on a box, by the files that say so.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace holdfast::inventory {

struct Workload {
    std::string name;   // letters, digits, dots, hyphens and underscores
    std::string kind;   // container, kube, pod, manifest, unit
    std::string file;   // where it is told, below the root: "/etc/containers/systemd/pump.container"
    std::string image;  // of a container that names one, else ""
    bool operator==(const Workload&) const = default;
};

// In the order of their names; of two of one name the one of /etc. Below `root`.
std::vector<Workload> workloads(const std::filesystem::path& root);

}  // namespace holdfast::inventory
