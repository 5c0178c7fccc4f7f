// The authority on a line: boxes post their requests by TLS and get the same answers as on a stick.
#pragma once

#include "hub/authority.hpp"

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace holdfast::hub {

struct Listening {
    std::string address = "0.0.0.0";
    int port = 8443;                   // 0: one that is free
    std::vector<std::string> names;    // hosts and addresses that boxes know this computer by, for its certificate
    unsigned messages_a_minute = 600;  // requests and evidence from one address; then 429
    OnRecord record;                   // for several threads at once
};

// POST /v1/enroll with a request: 200 with its answer (application/cbor), or JSON {"outcome", "checks"} with 202 where
// a person has to decide (ask again after Retry-After) and 403 where it is refused. What waits for a person lies in
// FOLDER/waiting/DIGEST.request until its box has the answer, a thousand at most; then 503.
// POST /v1/evidence with evidence: 200 with JSON {"outcome", "checks"}, where the outcome is "attested", "untrusted" or
// "late"; it is written down by then. 403 where the TPM of that box has not signed it, 404 where there is no such box.
// POST /v1/sync with a batch that asks (sync/README.md), 16 MiB at most: 200 with the batch that answers it; 409 with
// JSON {"error", "number"} where a batch of that box with that number, or a larger one, was there before.
// GET /v1/escrow: 200 with the certificates by which boxes leave the recovery keys of their disks (PEM); 404: none.
// GET /v1/crl: 200 with the list of what was taken back (PEM).
// All that are posted: JSON {"outcome": "refused", "error"} with 400 where it is no such message, 413 for more than
// `request_limit` bytes, 429 for too many (later again, see Retry-After), 503 where this authority cannot decide now.
// Where `write_server` was used, it also answers what boxes have put into their NATS servers.
// Serves until SIGTERM or SIGINT; `ready` is called once with the port.
Result<> serve(const std::filesystem::path& folder, const Listening& listening, const std::function<void(int)>& ready);

}  // namespace holdfast::hub
