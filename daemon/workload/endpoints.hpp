// The endpoints of all workloads that are listed, and of no others.
#pragma once

#include "workload/endpoint.hpp"

#include <filesystem>
#include <map>
#include <string>

namespace holdfast::workload {

class Endpoints {
public:
    Endpoints(std::filesystem::path root, Desk& desk) : root_(std::move(root)), desk_(&desk) {}

    // Opens those that are listed and not open, closes those that are not listed any more, and does both for one whose
    // user or anything else changed. One whose file is damaged stays as it is. What is wrong is told in the log.
    void list_again();
    // See Endpoint::look_again.
    void look_again();

private:
    bool close(const std::string& name);
    void open(const Workload& workload);
    std::filesystem::path root_;
    Desk* desk_;
    std::map<std::string, Endpoint> open_;  // by name
};

}  // namespace holdfast::workload
