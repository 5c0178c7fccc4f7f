#include "enroll/renew.hpp"

#include <algorithm>

namespace holdfast::enroll {

Result<Term> term_of(const Identity& box) {
    const auto [from, own_end] = box.certificate.validity;
    auto others = box.grant.chain;
    if (!box.grant.issuing.empty()) others.push_back(box.grant.issuing);
    Term term{.due = 0, .until = own_end};
    for (const auto& each : others) term.until = std::min(term.until, TRY(identity::facts_of(each)).validity.until);
    term.due = from + (term.until - from) / 3 * 2;
    return term;
}

Result<Reply> renew_once(Node& node, tpm::Tpm& tpm, http::Client& client, const Line& line, const Wish& wish) {
    const auto before = TRY(node.identity());
    auto reply = TRY(join_once(node, tpm, client, line, wish));
    const bool had = before && reply.identity && reply.identity->certificate.serial == before->certificate.serial;
    return had ? join_once(node, tpm, client, line, wish) : std::move(reply);
}

}  // namespace holdfast::enroll
