// Evidence on its way from a box to its authority, by TLS and in the order in which the TPM made it.
#pragma once

#include "base/http.hpp"
#include "enroll/attestation.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::enroll {

// Where the authority is, and how it is known there.
struct Line {
    std::string url;          // https://HOST:PORT
    std::string fingerprint;  // of its root's public key, 16 digits or more; nobody else is talked to
};

// What the checks in an authority's JSON have said that did not say yes, "name: reason" each; none of anything else.
std::vector<std::string> reasons_in(std::string_view body);

// What one run may use up; what is left goes with the next one.
struct Allowance {
    std::size_t messages = EvidenceSpool::kept;
    std::uint64_t bytes = 4ULL * 1024 * 1024;
    std::chrono::seconds time{600};  // no message is begun after that
};

struct Said {
    std::string file;     // the evidence's name
    std::string outcome;  // the authority's: attested, untrusted, late, refused
    std::string reason;   // of what did not say yes, or ""
};

struct Reported {
    std::vector<Said> said;        // what was acknowledged, oldest first
    std::size_t waiting = 0;       // what is left
    std::optional<Error> stopped;  // why not all of it went. Offline, Busy: later again
};

// Sends what waits, the oldest first, and takes off the spool what the authority has acknowledged, one after the other:
// a kill anywhere costs at most that one message goes twice, which the authority answers the same. Stops at the first
// that is not acknowledged. A file that is no evidence is set aside as FILE.damaged.
Reported report(const EvidenceSpool& spool, http::Client& client, const Line& line, const Allowance& allowance = {});

// Fetches the list of what the authority has taken back, and heeds it (Node::heed, with its errors). Offline where
// nobody is there; NotFound where the authority has none.
Result<Heeded> fetch_list(const Node& node, http::Client& client, const Line& line, std::int64_t now);

}  // namespace holdfast::enroll
