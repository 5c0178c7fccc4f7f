#include "enroll/grant.hpp"

#include "base/cbor.hpp"

namespace holdfast::enroll {

namespace {

constexpr std::size_t certificate_limit = 8192, certificates_limit = 16;

Json list_of(const std::vector<std::string>& certificates) {
    Json list = Json::array();
    for (const auto& each : certificates) list.push_back(cbor::binary(each));
    return list;
}

Result<std::vector<std::string>> certificates_in(const Json& value, const char* key) {
    const auto found = value.find(key);
    if (found == value.end() || !found->is_array() || found->empty() || found->size() > certificates_limit)
        return fail(Code::Corrupt, std::string(key) + ": must be a list of 1 to 16 certificates");
    std::vector<std::string> all;
    for (const auto& each : *found) {
        if (!each.is_binary() || each.get_binary().size() > certificate_limit)
            return fail(Code::Corrupt, std::string(key) + ": must be certificates");
        all.emplace_back(each.get_binary().begin(), each.get_binary().end());
    }
    return all;
}

}  // namespace

std::string write_grant(const Grant& grant) {
    return cbor::write(
        {{"chain", list_of(grant.chain)}, {"roots", list_of(grant.roots)}, {"issuing", cbor::binary(grant.issuing)}});
}

Result<Grant> parse_grant(std::string_view bytes) {
    const Json content = TRY(cbor::parse(bytes, answer_limit));
    TRY(json::only(content, {"chain", "roots", "issuing"}));
    Grant grant;
    grant.chain = TRY(certificates_in(content, "chain"));
    grant.roots = TRY(certificates_in(content, "roots"));
    grant.issuing = TRY(cbor::bytes(content, "issuing", certificate_limit));
    return grant;
}

Result<Identity> identity_of(Grant grant) {
    const auto& [chain, roots, issuing] = grant;
    const std::vector<std::string> above{chain.begin() + 1, chain.end()};
    // Whatever the time: a box may have no clock yet.
    TRY(identity::check_chain(chain.front(), above, roots, 0));
    if (!issuing.empty()) TRY(in("its own authority", identity::check_chain(issuing, above, roots, 0)));
    Identity identity{.certificate = TRY(identity::facts_of(chain.front()))};
    identity.id = TRY(identity::SpiffeId::parse(identity.certificate.uri));
    identity.authority = TRY(identity::facts_of(roots.front())).fingerprint;
    identity.grant = std::move(grant);
    return identity;
}

}  // namespace holdfast::enroll
