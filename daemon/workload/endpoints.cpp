#include "workload/endpoints.hpp"

#include "base/file.hpp"

#include <cstdio>
#include <set>

namespace holdfast::workload {

void Endpoints::list_again() {
    const auto listed = list_workloads(root_);
    std::set<std::string> known, stay;
    for (const auto& each : listed.refused) {
        std::fprintf(stderr, "<3>%s, ignoring it\n", each.error.what.c_str());
        known.insert(each.name);
        stay.insert(each.name);
    }
    for (const auto& each : listed.workloads) {
        known.insert(each.name);
        const auto found = open_.find(each.name);
        if (found != open_.end() && found->second.workload() == each) stay.insert(each.name);
    }
    std::erase_if(open_, [&](const auto& each) { return !stay.contains(each.first) && close(each.first); });
    // Also what a run that was cut off has left.
    static_cast<void>(remove_entries(root_ / endpoints_folder, [&](const std::filesystem::path& entry) {
        return !known.contains(entry.filename().string());
    }));
    for (const auto& each : listed.workloads)
        if (!open_.contains(each.name)) open(each);
}

bool Endpoints::close(const std::string& name) {
    desk_->forget(name);
    std::fprintf(stderr, "<6>workload %s: closed\n", name.c_str());
    return true;
}

void Endpoints::open(const Workload& workload) {
    auto endpoint = Endpoint::open(workload, *desk_, root_);
    if (!endpoint) {
        std::fprintf(stderr, "<3>workload %s: %s\n", workload.name.c_str(), endpoint.error().what.c_str());
        return;
    }
    open_.emplace(workload.name, *std::move(endpoint));
    std::fprintf(stderr, "<6>workload %s: open for user %s\n", workload.name.c_str(), workload.user.c_str());
}

void Endpoints::look_again() {
    for (auto& [name, endpoint] : open_) endpoint.look_again();
}

}  // namespace holdfast::workload
