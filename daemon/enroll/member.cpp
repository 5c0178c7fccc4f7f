#include "enroll/member.hpp"

#include "base/when.hpp"
#include "enroll/trust.hpp"
#include "identity/svid.hpp"

namespace holdfast::enroll {

namespace {

Member nobody(const Kept& kept) {
    Member member{.standing = "none", .reason = "not admitted anywhere; begin with: holdfast enroll request"};
    const auto waiting = kept.waiting();
    if (waiting && *waiting) member.reason = "not admitted yet; " + described(**waiting) + ", waits for its answer";
    return member;
}

// Whether anything stops it from being good; told in `into`.
Result<> judge(const Kept& kept, const Identity& box, Member& into) {
    const auto withdrawn = TRY(kept.withdrawn(box));
    const auto trust = read_trust(kept.root());
    if (withdrawn) {
        into.standing = identity::text(withdrawn->how);
        into.reason = "by the authority since " + date(withdrawn->since) + "; newcomers get nothing here";
    } else if (trust.standing == Standing::Untrusted) {
        into.standing = text(trust.standing);
        into.reason = trust.reason;
    } else {
        into.standing = "good";
        into.reason = into.term_words;
    }
    return {};
}

}  // namespace

Member member(const std::filesystem::path& root, std::int64_t now) {
    const Kept kept(root);
    const auto box = kept.identity();
    if (box && !*box) return nobody(kept);
    Member member;
    if (!box) return member.reason = box.error().what, member;
    member.id = (*box)->id.uri();
    const auto& validity = (*box)->certificate.validity;
    const auto settings = identity::load_settings(root);
    const auto outlook = identity::outlook(validity, settings.value_or(identity::Settings{}), now);
    member.term = identity::text(outlook.standing);
    member.term_words = outlook.words;
    member.until = validity.until;
    if (const auto judged = judge(kept, **box, member); !judged) member.reason = judged.error().what;
    return member;
}

}  // namespace holdfast::enroll
