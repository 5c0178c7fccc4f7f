#include "identity/svid.hpp"

#include "base/text.hpp"
#include "base/when.hpp"

#include <algorithm>

namespace holdfast::identity {

namespace {

constexpr std::int64_t day = 86'400, hour = 3600, minute = 60;
constexpr std::int64_t leeway = 5 * minute;  // clocks of workloads on one box differ little

std::string span(std::int64_t seconds) {
    const auto [size, unit] = seconds >= 2 * day    ? std::pair{day, " days"}
                              : seconds >= 2 * hour ? std::pair{hour, " hours"}
                                                    : std::pair{minute, " minutes"};
    return std::to_string(seconds / size) + unit;
}

Result<Validity> validity_of(const std::string& certificate) {
    return TRY(facts_of(certificate)).validity;
}

// From the latest beginning to the earliest end.
Result<Validity> common(const std::vector<std::string>& chain) {
    Validity all = TRY(validity_of(chain.front()));
    for (const auto& each : chain) {
        const auto one = TRY(validity_of(each));
        all.from = std::max(all.from, one.from);
        all.until = std::min(all.until, one.until);
    }
    return all;
}

}  // namespace

std::string_view text(Standing standing) {
    switch (standing) {
        case Standing::Good: return "good";
        case Standing::Ending: return "ending";
        case Standing::Grace: return "grace";
        case Standing::Over: break;
    }
    return "over";
}

Outlook outlook(const Validity& validity, const Settings& settings, std::int64_t now) {
    now = std::max(now, validity.from);
    const std::int64_t left = validity.until - now;
    // One that lasts an hour is not always about to end.
    const std::int64_t soon = std::min(settings.warning, (validity.until - validity.from) / 3);
    if (left > soon) return {Standing::Good, left, "valid for " + span(left) + " more"};
    if (left > 0) return {Standing::Ending, left, "runs out in " + span(left) + ", on " + date(validity.until)};
    const std::string ran_out = "ran out on " + date(validity.until);
    const std::int64_t grace = left + settings.grace;
    if (grace > 0)
        return {Standing::Grace, grace, ran_out + "; believed for " + span(grace) + " more, by the rule of this site"};
    return {Standing::Over, 0, ran_out + "; not believed any more"};
}

Result<Svid> give(const Issuer& own, const std::vector<std::string>& above, EVP_PKEY* subject,
                  const std::string& workload, std::int64_t now, std::int64_t seconds) {
    if (!is_label(workload))
        return fail(Code::Corrupt, "'" + workload + "' is no workload's name; letters, digits and hyphens, 63 at most");
    if (seconds <= 0 || seconds > svid_longest)
        return fail(Code::Corrupt, "a workload's certificate lasts up to " + span(svid_longest));
    constexpr int enough_bits = 112;  // of security: RSA with 2048, P-256 (NIST SP 800-57, part 1, table 2)
    if (EVP_PKEY_get_security_bits(subject) < enough_bits)
        return fail(Code::Corrupt, "the workload's key is too weak; take P-256, or RSA with 2048 bits");
    Svid svid{.id = TRY(box_of_authority(own.certificate)), .chain = {}};
    svid.id.workload = workload;
    const auto mine = TRY(validity_of(own.certificate));
    now = std::max(now, mine.from + leeway);
    Validity validity{now - leeway, now + seconds};
    if (now < mine.until) validity.until = std::min(validity.until, mine.until);
    // Given after its authority ran out, it is still one that was valid together with it.
    validity.from = std::min(validity.from, mine.until - leeway);
    svid.chain.push_back(TRY(make_leaf(own, subject, svid.id, validity)));
    svid.chain.push_back(own.certificate);
    svid.chain.insert(svid.chain.end(), above.begin(), above.end());
    return svid;
}

Result<Believed> believe(const std::vector<std::string>& chain, const std::vector<std::string>& roots,
                         const Settings& settings, std::int64_t now, const std::optional<Crl>& list) {
    if (chain.empty()) return fail(Code::Corrupt, "there is no certificate");
    const auto valid = TRY(common(chain));
    Believed believed{.id = {}, .outlook = outlook(valid, settings, now)};
    if (believed.outlook.standing == Standing::Over)
        return fail(Code::Denied, "the certificate " + believed.outlook.words);
    if (valid.from >= valid.until) return fail(Code::Denied, "the certificates of its chain were never valid together");
    TRY(check_chain(chain.front(), {chain.begin() + 1, chain.end()}, roots,
                    std::clamp(now, valid.from, valid.until - 1)));
    if (list) TRY(check_withdrawn(chain, *list));
    const auto facts = TRY(facts_of(chain.front()));
    believed.id = TRY(SpiffeId::parse(facts.uri));
    return believed;
}

}  // namespace holdfast::identity
