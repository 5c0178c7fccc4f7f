// Certificates for what runs on a box, by its own authority, whose key is in the TPM.
#pragma once

#include "enroll/node.hpp"
#include "identity/svid.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace holdfast::enroll {

class OwnAuthority {
public:
    // Of the box that `node` is of, with the TPM that `tcti` names. NotFound, with what to do, where the box has no
    // authority of its own; errors of the TPM as Tpm::open has them.
    static Result<OwnAuthority> open(const std::string& tcti, const Node& node, const Identity& box);

    // For a workload's public key, as identity::give does it.
    Result<identity::Svid> give(EVP_PKEY* subject, const std::string& workload, std::int64_t now, std::int64_t seconds);

private:
    OwnAuthority(tpm::Tpm tpm, tpm::Key key, const Grant& grant)
        : tpm_(std::move(tpm)),
          key_(std::move(key)),
          certificate_(grant.issuing),
          above_(grant.chain.begin() + 1, grant.chain.end()) {}
    tpm::Tpm tpm_;
    tpm::Key key_;
    std::string certificate_;
    std::vector<std::string> above_;
};

}  // namespace holdfast::enroll
