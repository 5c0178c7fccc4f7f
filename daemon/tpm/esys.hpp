// The TSS's handles, inside this room.
#pragma once

#include "base/handle.hpp"
#include "base/result.hpp"

#include <string>
#include <tss2/tss2_esys.h>

namespace holdfast::tpm {

// What ESAPI returns is freed by it.
template <class T>
using Owned = Handle<T, Esys_Free>;

// The way to a TPM, and a context on it.
class Esys {
public:
    static Result<Esys> open(const std::string& tcti);
    Esys(Esys&& other) noexcept
        : tcti_(std::exchange(other.tcti_, nullptr)), esys_(std::exchange(other.esys_, nullptr)) {}
    Esys(const Esys&) = delete;
    Esys& operator=(const Esys&) = delete;
    Esys& operator=(Esys&&) = delete;
    ~Esys();
    ESYS_CONTEXT* get() const { return esys_; }

private:
    Esys() = default;
    TSS2_TCTI_CONTEXT* tcti_ = nullptr;
    ESYS_CONTEXT* esys_ = nullptr;
};

// A key or session in the TPM's few places; leaves it at the end.
class Object {
public:
    Object(ESYS_CONTEXT* esys, ESYS_TR handle) : esys_(esys), handle_(handle) {}
    Object(Object&& other) noexcept : esys_(other.esys_), handle_(std::exchange(other.handle_, ESYS_TR_NONE)) {}
    Object(const Object&) = delete;
    Object& operator=(const Object&) = delete;
    Object& operator=(Object&&) = delete;
    ~Object() {
        if (handle_ != ESYS_TR_NONE) Esys_FlushContext(esys_, handle_);
    }
    ESYS_TR handle() const { return handle_; }

private:
    ESYS_CONTEXT* esys_;
    ESYS_TR handle_;
};

// An answer of the TPM or of the TSS as an error of ours; `what` is in front.
Result<> checked(const std::string& what, TSS2_RC answer);
// The same of a command that opens something: what a TPM that is well refuses was not made for it, whichever way that
// TPM says so (libtpms says TPM_RC_FAILURE of a secret that another RSA key encrypted).
Result<> checked_opening(const std::string& what, TSS2_RC answer);

}  // namespace holdfast::tpm
