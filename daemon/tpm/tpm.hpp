// The TPM 2.0 of a computer, through the TSS's ESAPI (TCG TSS 2.0 Enhanced System API 1.00).
#pragma once

#include "base/digest.hpp"
#include "base/result.hpp"
#include "tpm/credential.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace holdfast::tpm {

// What the TPM says of itself (TPM 2.0 Library, part 2, section 6.13, TPM_PT).
struct About {
    std::string manufacturer;  // "IFX", "STM", "IBM" and so on
    std::uint64_t firmware = 0;
    // Wrong answers that it counts against its limit; it forgets one of them now and then.
    std::uint32_t failed_tries = 0;
    bool locked_out = false;     // too many wrong answers: it answers no authorisation for a while
    bool owner_guarded = false;  // somebody has set a password for the storage hierarchy
};

enum class EkType { Rsa2048, EccP256 };

// A key as it lies on a disk: TPM2B_PUBLIC and TPM2B_PRIVATE. Only the TPM that made it can use it, and not any more
// once that was cleared.
struct Key {
    std::string public_area, private_area;
};

// Bytes that a key of the TPM has signed (TPMS_ATTEST), and its signature (TPMT_SIGNATURE).
struct Attested {
    std::string statement, signature;
};

// SHA-256 values by PCR number.
using Pcrs = std::map<unsigned, Digest>;

class Tpm {
public:
    // `tcti` names the way to it: "device:/dev/tpmrm0" on a box, "swtpm:path=SOCKET" in a test. Offline where there is
    // none (it may come late), or where it does not answer.
    static Result<Tpm> open(const std::string& tcti);
    Tpm(Tpm&&) noexcept;
    Tpm& operator=(Tpm&&) noexcept;
    ~Tpm();

    Result<About> about();
    Result<Pcrs> read_pcrs(std::span<const unsigned> numbers);

    // The endorsement key's TPM2B_PUBLIC, made anew from its template each time (TCG EK Credential Profile 2.5,
    // appendix B.3.3, L-1, and B.3.4, L-2).
    Result<std::string> ek_public(EkType type);
    // Its certificate (DER), which the manufacturer has left in the TPM; nothing where there is none.
    Result<std::optional<std::string>> ek_certificate(EkType type);

    // P-256, restricted: signs nothing but what the TPM itself says.
    Result<Key> create_attestation_key();
    // P-256, for this box's certificate; never leaves the TPM.
    Result<Key> create_device_key();

    // All below: Denied where the key is not of this TPM, or the TPM was cleared since.
    // `nonce`: 64 bytes at most.
    Result<Attested> quote(const Key& attestation_key, std::string_view nonce, std::span<const unsigned> pcrs);
    // The attestation key vouches for a key that lies in the same TPM.
    Result<Attested> certify(const Key& attestation_key, const Key& subject, std::string_view nonce);
    // An ECDSA signature (DER) with a key that may sign anything.
    Result<std::string> sign(const Key& key, const Digest& digest);
    // Opens what an authority has wrapped for this TPM (its endorsement key) and that key together.
    Result<std::string> activate(const Key& attestation_key, EkType ek, const Credential& credential);

private:
    struct State;
    explicit Tpm(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace holdfast::tpm
