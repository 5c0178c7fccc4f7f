// The authority's end of NATS: fetches from the servers of its boxes, and answers.
#pragma once

#include "hub/authority.hpp"
#include "nats/config.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace holdfast::hub {

inline constexpr auto nats_folder = "nats";  // below the authority's

// Writes what the hub's own nats-server reads: leaves come to `listen` (HOST:PORT), and know it by those names.
Result<> write_server(const std::filesystem::path& folder, const std::vector<std::string>& names,
                      const std::string& listen, const std::string& group);

// Fetches and answers until it goes; where its server is away it tries again.
class Letters {
public:
    // Of the authority in `folder`.
    Letters(const std::filesystem::path& folder, const OnRecord& record);

private:
    std::jthread thread_;
};

}  // namespace holdfast::hub
