// Admissions of an authority, against the verifications that they cannot do without; and quotes against tpm2-tools'.
#include "bench/bench.hpp"
#include "enroll/small_hub.hpp"
#include "identity/x509.hpp"
#include "tpm/attested.hpp"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <functional>
#include <openssl/x509_vfy.h>
#include <print>

namespace holdfast::bench {

namespace {

namespace fs = std::filesystem;

// Each box is admitted once: one that is known already would not have its manufacturer looked at again.
constexpr std::size_t boxes = 24, rounds = 9, quotes = 50;

double seconds_of(const std::function<void()>& work) {
    const auto begun = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
}

// Best of a few: other work on the computer only ever adds.
double best_of(std::size_t times, const std::function<void(std::size_t)>& work) {
    double best = 1e9;
    for (std::size_t i = 0; i < times; ++i) best = std::min(best, seconds_of([&] { work(i); }));
    return best;
}

// What OpenSSL does at the least for one request: the chain of the endorsement key, and the two signatures.
void verify_barely(const enroll::Request& request, X509_STORE* roots, std::int64_t now) {
    const auto certificate = good(identity::parse(request.ek_certificate));
    const Handle<X509_STORE_CTX, X509_STORE_CTX_free> context(X509_STORE_CTX_new());
    X509_STORE_CTX_init(context.get(), roots, certificate.get(), nullptr);
    X509_STORE_CTX_set_time(context.get(), 0, now);
    X509_STORE_CTX_set_flags(context.get(), X509_V_FLAG_PARTIAL_CHAIN);
    if (X509_verify_cert(context.get()) != 1) throw std::runtime_error("the endorsement key's chain does not hold");
    for (const auto* each : {&request.certified, &request.quote})
        good(tpm::check_signature(request.attestation_public, each->statement, each->signature));
}

struct Costs {
    double admitting = 0, verifying = 0, request = 0, answer = 0;
};

Costs admissions(const fs::path& folder) {
    std::vector<enroll::Request> asked;
    std::vector<std::string> messages;
    for (std::size_t i = 0; i < boxes; ++i) {
        MeasuredBox box({}, RealTpm::Certificates::Yes, folder / "ca");
        box.wish.name = "ventilator-" + std::to_string(i);
        asked.push_back(box.ask());
        messages.push_back(enroll::write_request(asked.back()));
    }
    const auto issuers = good(identity::certificates_in(good(read_whole(folder / "ca/issuer.pem"))));
    const std::int64_t now = std::time(nullptr);
    const Handle<X509_STORE, X509_STORE_free> roots(X509_STORE_new());
    for (const auto& each : issuers) X509_STORE_add_cert(roots.get(), good(identity::parse(each)).get());
    Costs costs;
    costs.request = static_cast<double>(messages.front().size());
    costs.verifying = best_of(rounds, [&](std::size_t) {
        for (const auto& each : asked) verify_barely(each, roots.get(), now);
    });
    std::vector<hub::Authority> authorities;
    for (std::size_t round = 0; round < rounds; ++round) {
        authorities.push_back(make_hub(folder / std::to_string(round), now));
        for (const auto& each : issuers) good(authorities.back().store().add_manufacturer(each));
    }
    costs.admitting = best_of(rounds, [&](std::size_t round) {
        for (const auto& message : messages) {
            const auto admission =
                good(authorities[round].admit(message, {.name = "bench", .site = {}, .box = {}}, now));
            if (admission.answer.empty()) throw std::runtime_error("a request was refused");
            costs.answer = static_cast<double>(admission.answer.size());
        }
    });
    return costs;
}

// From opening the TPM to the signature, with a key of the same kind: theirs is a process for each, as people call it.
double quote_over_tools(const MeasuredBox& box) {
    const double ours = best_of(rounds, [&](std::size_t) {
        for (std::size_t i = 0; i < quotes; ++i) {
            auto tpm = box.tpm.open();
            good(tpm.quote(box.keys.attestation, "nonce", enroll::quoted_pcrs));
        }
    });
    box.tpm.tool({"tpm2_createprimary", "-Q", "-C", "o", "-G", "ecc", "-c", "parent.ctx"});
    box.tpm.tool({"tpm2_create", "-Q", "-C", "parent.ctx", "-G", "ecc:ecdsa-sha256:null", "-a",
                  "fixedtpm|fixedparent|sensitivedataorigin|userwithauth|restricted|sign", "-u", "key.pub", "-r",
                  "key.priv"});
    box.tpm.tool({"tpm2_flushcontext", "-t"});
    box.tpm.tool({"tpm2_load", "-Q", "-C", "parent.ctx", "-u", "key.pub", "-r", "key.priv", "-c", "key.ctx"});
    box.tpm.tool({"tpm2_flushcontext", "-t"});
    std::string numbers;
    for (const unsigned number : enroll::quoted_pcrs) numbers += (numbers.empty() ? "" : ",") + std::to_string(number);
    // What a process leaves in the TPM is taken out after each, and does not count.
    double theirs = 0;
    for (std::size_t i = 0; i < quotes; ++i) {
        theirs += seconds_of([&] {
            box.tpm.tool({"tpm2_quote", "-Q", "-c", "key.ctx", "-l", "sha256:" + numbers, "-q", "6e6f6e6365", "-m",
                          "quote", "-s", "signature"});
        });
        box.tpm.tool({"tpm2_flushcontext", "-t"});
    }
    return ours / theirs;
}

}  // namespace

Result<Figures> enroll(const fs::path&) {
    try {
        const Scratch scratch = TRY(Scratch::make("bench"));
        const MeasuredBox box({}, RealTpm::Certificates::Yes);
        const auto costs = admissions(scratch.path());
        Figures figures;
        figures.emplace_back("admissions_per_second", boxes / costs.admitting);
        figures.emplace_back("admissions_over_openssl", costs.verifying / costs.admitting);
        figures.emplace_back("request_bytes", costs.request);
        figures.emplace_back("answer_bytes", costs.answer);
        figures.emplace_back("quote_over_tpm2_tools", quote_over_tools(box));
        return figures;
    } catch (const std::exception& error) {
        return fail(Code::Bug, error.what());
    }
}

}  // namespace holdfast::bench
