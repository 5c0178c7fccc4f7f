#include "enroll/escrow.hpp"

namespace holdfast::enroll {

namespace {

constexpr std::size_t chain_limit = 64UL * 1024, fewest_digits = 16;

}  // namespace

Result<std::string> escrow_certificate(std::string_view pem, const std::string& authority) {
    if (pem.size() > chain_limit) return fail(Code::Corrupt, "the certificates for escrow are larger than 64 KiB");
    if (authority.size() < fewest_digits)
        return fail(Code::Denied,
                    "whom the recovery key is left with is known by 16 digits of a fingerprint or more: "
                    "--authority");
    const auto chain = TRY(in("certificates for escrow", identity::certificates_in(pem)));
    const auto root = TRY(identity::facts_of(chain.back()));
    if (chain.size() < 2 || !root.fingerprint.starts_with(authority))
        return fail(Code::Denied, "the key for escrow is of another authority (" + root.fingerprint.substr(0, 16) +
                                      "…) than the one that is trusted");
    // Whatever the time: a box may have no clock yet.
    TRY(identity::check_chain(chain.front(), {chain.begin() + 1, chain.end() - 1}, {chain.back()}, 0));
    return chain.front();
}

Result<std::optional<std::string>> fetch_escrow(http::Client& client, const Line& line) {
    const auto pem =
        client.fetch_whole({.url = line.url + "/v1/escrow", .root_fingerprint = line.fingerprint}, chain_limit);
    if (!pem && pem.error().code == Code::NotFound) return std::nullopt;
    if (!pem) return std::unexpected(pem.error());
    return TRY(in(line.url, escrow_certificate(*pem, line.fingerprint)));
}

}  // namespace holdfast::enroll
