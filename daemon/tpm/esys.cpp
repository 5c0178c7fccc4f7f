#include "tpm/esys.hpp"

#include <cstdlib>
#include <tss2/tss2_rc.h>
#include <tss2/tss2_tctildr.h>

namespace holdfast::tpm {

namespace {

// A format-one code without the number of the handle, session or parameter that it is about (TPM 2.0 Library, part 2,
// section 6.6.2); layers above the TPM have codes of their own.
TSS2_RC plain(TSS2_RC answer) {
    const TSS2_RC code = answer & ~TSS2_RC_LAYER_MASK;
    return code & TPM2_RC_FMT1 ? code & (TPM2_RC_FMT1 | 0x3F) : code;
}

bool from_the_tpm(TSS2_RC answer) {
    const TSS2_RC layer = answer & TSS2_RC_LAYER_MASK;
    return layer == TSS2_TPM_RC_LAYER || layer == TSS2_RESMGR_TPM_RC_LAYER;
}

struct Meaning {
    TSS2_RC code;
    Code ours;
    const char* words;
};
constexpr Meaning meanings[] = {
    {TPM2_RC_LOCKOUT, Code::Busy, "the TPM is locked out after wrong answers; it opens by itself after a while"},
    {TPM2_RC_RETRY, Code::Busy, "the TPM is busy"},
    {TPM2_RC_YIELDED, Code::Busy, "the TPM is busy"},
    {TPM2_RC_TESTING, Code::Busy, "the TPM tests itself"},
    {TPM2_RC_NV_RATE, Code::Busy, "the TPM spares its memory; try again in a moment"},
    {TPM2_RC_FAILURE, Code::Offline, "the TPM has failed its own test; it needs a restart, or is broken"},
    {TPM2_RC_INITIALIZE, Code::Offline, "the firmware has not started the TPM"},
    {TPM2_RC_INTEGRITY, Code::Denied, "it is not of this TPM, or the TPM was cleared since it was made"},
    {TPM2_RC_AUTH_FAIL, Code::Denied, "the TPM wants a password that is not ours"},
    {TPM2_RC_BAD_AUTH, Code::Denied, "the TPM wants a password that is not ours"},
    {TPM2_RC_HIERARCHY, Code::Denied, "the firmware has switched this part of the TPM off"},
    {TPM2_RC_HANDLE, Code::NotFound, "the TPM has none"},
    {TPM2_RC_VALUE, Code::Denied, "the TPM does not take it: it was made for another one"},
};

// Of the TSS itself: the wire to the TPM.
constexpr TSS2_RC wire[] = {TSS2_BASE_RC_IO_ERROR, TSS2_BASE_RC_NO_CONNECTION, TSS2_BASE_RC_TRY_AGAIN,
                            TSS2_BASE_RC_NOT_SUPPORTED, TSS2_BASE_RC_GENERAL_FAILURE};

Code code_of(TSS2_RC answer) {
    if (!from_the_tpm(answer))
        for (const TSS2_RC each : wire)
            if ((answer & ~TSS2_RC_LAYER_MASK) == each) return Code::Offline;
    return Code::Bug;
}

}  // namespace

Result<> checked(const std::string& what, TSS2_RC answer) {
    if (answer == TSS2_RC_SUCCESS) return {};
    if (from_the_tpm(answer))
        for (const Meaning& each : meanings)
            if (plain(answer) == each.code) return fail(each.ours, what + ": " + each.words);
    return fail(code_of(answer), what + ": " + Tss2_RC_Decode(answer));
}

Result<> checked_opening(const std::string& what, TSS2_RC answer) {
    auto done = checked(what, answer);
    if (done || !from_the_tpm(answer) || done.error().code == Code::Busy) return done;
    return fail(Code::Denied, what + ": it was not made for this TPM and this key");
}

Result<Esys> Esys::open(const std::string& tcti) {
    // The TSS writes all that a TPM refuses to stderr; what counts is in our errors.
    ::setenv("TSS2_LOG", "all+none", 0);
    Esys made;
    if (const TSS2_RC answer = Tss2_TctiLdr_Initialize(tcti.c_str(), &made.tcti_); answer != TSS2_RC_SUCCESS)
        return fail(Code::Offline, "there is none, or it cannot be opened: " + std::string(Tss2_RC_Decode(answer)));
    TRY(checked("it does not answer", Esys_Initialize(&made.esys_, made.tcti_, nullptr)));
    return made;
}

Esys::~Esys() {
    if (esys_) Esys_Finalize(&esys_);
    if (tcti_) Tss2_TctiLdr_Finalize(&tcti_);
}

}  // namespace holdfast::tpm
