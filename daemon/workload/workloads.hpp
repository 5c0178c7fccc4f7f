// Who may have papers on this box: /etc/holdfast/workloads/NAME.yaml.
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace holdfast::workload {

inline constexpr auto workloads_folder = "etc/holdfast/workloads";
inline constexpr std::size_t file_limit = 4096;    // bytes of one file
inline constexpr std::size_t most_workloads = 64;  // on one box

struct Workload {
    std::string name;          // a label; the last part of its SPIFFE ID
    std::string user;          // name or number; owns the endpoint
    std::string hint;          // for a program with many identities (SPIFFE Workload API, section 5); or ""
    std::int64_t seconds = 0;  // how long its certificates last
    bool operator==(const Workload&) const = default;
};

// Keys: user (required), ttl-minutes (5 to 10080; default 60), hint. `file` is what the workload is called by, without
// its ending, and what errors name. Corrupt with file, line and key.
Result<Workload> parse_workload(std::string_view text, const std::filesystem::path& file);

struct Refused {
    std::string name;  // of the workload
    Error error;
};
struct Listed {
    std::vector<Workload> workloads;
    std::vector<Refused> refused;  // what is wrong with one takes nothing from the others
};
// All files that end in .yaml, by name; nothing where there is no folder.
Listed list_workloads(const std::filesystem::path& root);

// The number of a user of this computer. NotFound where there is none of that name.
Result<uid_t> user_id(const std::string& user);

}  // namespace holdfast::workload
