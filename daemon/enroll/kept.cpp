#include "enroll/kept.hpp"

#include "base/file.hpp"
#include "base/text.hpp"
#include "base/when.hpp"
#include "enroll/trust.hpp"

namespace holdfast::enroll {

namespace {

constexpr std::size_t line_limit = 512, place_limit = 8192;

// A quarantine ends; a revocation does not, and what undoes it is to be admitted once more.
const char* next_after(identity::Withdrawal how) {
    if (how == identity::Withdrawal::Revoked)
        return "that is for good, and why, a person there knows: where it is to come back, make a new request "
               "(holdfast enroll request), and a person there has to let it in again";
    return "why, a person there knows; once it is free: holdfast identity report, or heed";
}

}  // namespace

// Whose lists a box heeds: the authority that gave it its certificate, which its roots vouch for.
Result<std::string> Kept::giver(const Identity& box) {
    if (box.grant.chain.size() > 1) return box.grant.chain[1];
    return fail(Code::Corrupt,
                "this box's certificate came without that of its authority; renew it: holdfast identity renew");
}

Result<std::optional<identity::Withdrawn>> Kept::taken_back(const Identity& box, const identity::Crl& list) {
    const auto found = TRY(identity::withdrawn(list, box.grant.chain.front()));
    if (found || box.grant.issuing.empty()) return found;
    return identity::withdrawn(list, box.grant.issuing);
}

Result<std::optional<Identity>> Kept::identity() const {
    const auto bytes = TRY(read_if_there(folder_ / "grant", answer_limit));
    if (!bytes) return std::nullopt;
    auto grant = TRY(in("grant", parse_grant(*bytes)));
    return std::optional(TRY(identity_of(std::move(grant))));
}

Result<Identity> Kept::this_box() const {
    auto box = TRY(identity());
    if (box) return *std::move(box);
    const auto asked = TRY(waiting());
    if (!asked)
        return fail(Code::NotFound, "this box has not been admitted anywhere; begin with: holdfast enroll request");
    // One that nobody has taken anywhere was sent over a line.
    return fail(Code::NotFound, "this box has not been admitted yet; " + described(*asked) +
                                    ", waits for its answer; with that: holdfast enroll " +
                                    (asked->place.empty() ? "join" : "import FILE"));
}

Result<Request> Kept::admitted() const {
    const auto bytes = TRY(read_if_there(folder_ / "admitted", request_limit));
    if (!bytes)
        return fail(Code::NotFound, "what this box was admitted with is not here; ask anew: holdfast identity renew");
    return in("admitted", parse_request(*bytes));
}

Result<std::optional<identity::Crl>> Kept::list_of(const Identity& box) const {
    const auto bytes = TRY(read_if_there(folder_ / "crl", identity::crl_limit));
    if (!bytes) return std::nullopt;
    const auto authority = TRY(giver(box));
    auto list = identity::read_crl(*bytes, authority);
    if (list) return *std::move(list);
    if (list.error().code == Code::Denied) return std::nullopt;
    return in((folder_ / "crl").string(), Result<std::optional<identity::Crl>>(std::unexpected(list.error())));
}

Result<std::optional<identity::Crl>> Kept::list() const {
    const auto box = TRY(identity());
    if (!box) return std::nullopt;
    return list_of(*box);
}

Result<std::optional<identity::Withdrawn>> Kept::withdrawn() const {
    const auto box = TRY(identity());
    if (!box) return std::nullopt;
    return withdrawn(*box);
}

Result<std::optional<identity::Withdrawn>> Kept::withdrawn(const Identity& box) const {
    const auto kept = TRY(list_of(box));
    if (!kept) return std::nullopt;
    return taken_back(box, *kept);
}

Result<> Kept::may_serve_newcomers(const std::string& what) const {
    TRY(refuse_untrusted(root_, what));
    const auto found = TRY(withdrawn());
    if (!found) return {};
    return fail(Code::Denied, "this box is " + std::string(identity::text(found->how)) + " by its authority since " +
                                  date(found->since) + ", so it gives no " + what + "; " + next_after(found->how));
}

Result<std::optional<std::string>> Kept::pending() const {
    return read_if_there(folder_ / "request", request_limit);
}

Result<std::optional<std::string>> Kept::line() const {
    const auto url = TRY(read_if_there(folder_ / "line", line_limit));
    if (!url) return std::nullopt;
    return std::string(trim(*url));
}

Result<std::optional<Waiting>> Kept::waiting() const {
    const auto bytes = TRY(pending());
    if (!bytes) return std::nullopt;
    const auto request = TRY(in((folder_ / "request").string(), parse_request(*bytes)));
    return Waiting{.site = request.site,
                   .name = request.name,
                   .endorsement = endorsement_number(request),
                   .place = std::string(trim(read_whole(folder_ / "place", place_limit).value_or(""))),
                   .made = static_cast<std::int64_t>(request.time),
                   .issuing = !request.issuing_public.empty()};
}

Result<std::optional<std::string>> Kept::endorsement() const {
    const auto asked = waiting();
    if (asked && *asked) return (*asked)->endorsement;
    const auto request = admitted();
    if (!request && request.error().code == Code::NotFound) return std::nullopt;
    if (!request) return std::unexpected(request.error());
    return endorsement_number(*request);
}

std::string described(const Waiting& request) {
    std::string words = "the request of " + date(request.made);
    if (!request.name.empty()) words += " for '" + request.name + "'";
    if (!request.site.empty()) words += " at '" + request.site + "'";
    return request.place.empty() ? words : words + ", which went to " + request.place;
}

}  // namespace holdfast::enroll
