// What a workload gets: a certificate of its own, the key of it, and whom to trust; by what the box is right now.
#pragma once

#include "base/result.hpp"
#include "workload/workloads.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace holdfast::workload {

struct Papers {
    std::string id;            // SPIFFE ID of the workload
    std::string trust_domain;  // SPIFFE ID of that
    std::string chain;         // certificates (DER), one behind the other, its own first, no root
    std::string key;           // PKCS#8, DER; of this certificate alone
    std::string bundle;        // roots (DER), one behind the other
    std::string note;          // what people are to be told: that the box's authority runs out, or the TPM fails; or ""
    std::string grant;         // SHA-256 of what the authority gave the box, when these were made
    std::int64_t made = 0, renew = 0, until = 0;  // seconds since the epoch, by the clock of then
};
using SharedPapers = std::shared_ptr<const Papers>;

// For any number of threads.
class Desk {
public:
    struct Place {
        std::filesystem::path root = "/";
        std::string tcti;
        std::function<std::int64_t()> now;       // seconds since the epoch
        std::function<void(std::int64_t)> wake;  // somebody is to ask again at that time, for those who go on
    };
    explicit Desk(Place place) : place_(std::move(place)) {}

    // Those that were given last, while the box is the same and less than half of their time is over; else new ones,
    // with a new key, signed in the TPM; where that fails, those of before to the end of their time. Denied on a box
    // that found itself untrusted, or whose authority ran out longer ago than the site's grace; NotFound where it was
    // admitted nowhere or has no authority of its own; errors of the TPM. Whoever has papers keeps them then.
    Result<SharedPapers> papers(const Workload& workload);

    // The next ones have a new key: for a name that another user gets.
    void forget(const std::string& name);

private:
    Result<SharedPapers> current(const Workload& workload, std::int64_t now);
    Place place_;
    std::mutex mutex_;
    std::map<std::string, SharedPapers> held_;  // by the workload's name
};

}  // namespace holdfast::workload
