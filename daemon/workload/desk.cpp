#include "workload/desk.hpp"

#include "enroll/issuing.hpp"

#include <algorithm>
#include <ranges>

namespace holdfast::workload {

namespace {

// Seconds until what went wrong is tried once more, and the least between two certificates: near its authority's end
// one is short.
constexpr std::int64_t again = 60;

std::string together(const std::vector<std::string>& certificates) {
    std::string all;
    for (const auto& each : certificates) all += each;
    return all;
}

// What the end of the box's authority, or of one above it, means here: words for people, or nothing while it is far.
Result<std::string> warning(const enroll::Identity& box, const std::filesystem::path& root, std::int64_t now) {
    const auto settings = TRY(identity::load_settings(root));
    auto validity = TRY(identity::facts_of(box.grant.issuing)).validity;
    for (const auto& above : box.grant.chain | std::views::drop(1))
        validity.until = std::min(validity.until, TRY(identity::facts_of(above)).validity.until);
    const auto outlook = identity::outlook(validity, settings, now);
    if (outlook.standing == identity::Standing::Good) return std::string();
    auto words = "the authority of this box " + outlook.words + "; renew: holdfast identity renew";
    if (outlook.standing == identity::Standing::Over) return fail(Code::Denied, std::move(words));
    return words;
}

std::string grant_of(const enroll::Identity& box) {
    return sha256_hex(enroll::write_grant(box.grant));
}

Result<Papers> make(const Workload& workload, const enroll::Node& node, const enroll::Identity& box,
                    const Desk::Place& place, std::int64_t now) {
    auto own = TRY(enroll::OwnAuthority::open(place.tcti, node, box));
    auto note = TRY(warning(box, place.root, now));
    const auto key = TRY(identity::make_key());
    const auto svid = TRY(own.give(key.get(), workload.name, now, workload.seconds));
    const auto validity = TRY(identity::facts_of(svid.chain.front())).validity;
    // A clock that nobody has set stands before all of that.
    const auto until = now < validity.from ? now + workload.seconds : validity.until;
    return Papers{.id = svid.id.uri(),
                  .trust_domain = "spiffe://" + svid.id.trust_domain,
                  .chain = together(svid.chain),
                  .key = identity::private_der(key),
                  .bundle = together(box.grant.roots),
                  .note = std::move(note),
                  .grant = grant_of(box),
                  .made = now,
                  .renew = now + std::max((until - now) * 2 / 5, again),  // before half of its life is over
                  .until = until};
}

}  // namespace

Result<SharedPapers> Desk::papers(const Workload& workload) {
    const std::scoped_lock lock(mutex_);
    const std::int64_t now = place_.now();
    const auto may = enroll::Node(place_.root).may_serve_newcomers("papers to a workload");
    auto papers = may ? current(workload, now) : std::unexpected(may.error());
    place_.wake(papers ? (*papers)->renew : now + again);
    return papers;
}

Result<SharedPapers> Desk::current(const Workload& workload, std::int64_t now) {
    const enroll::Node node(place_.root);
    const auto box = TRY(node.this_box());
    auto& held = held_[workload.name];
    // A clock that was set back counts, too.
    const bool good = held && held->grant == grant_of(box) && held->made <= now && now < held->until;
    if (good && now < held->renew) return held;
    auto made = make(workload, node, box, place_, now);
    if (made) return held = std::make_shared<const Papers>(*std::move(made));
    if (!good) return std::unexpected(std::move(made).error());
    // A TPM that does not answer takes nothing away before its time is over.
    Papers kept = *held;
    kept.note = made.error().what + "; what was given last goes on to its end";
    kept.renew = now + again;
    return std::make_shared<const Papers>(std::move(kept));
}

void Desk::forget(const std::string& name) {
    const std::scoped_lock lock(mutex_);
    held_.erase(name);
}

}  // namespace holdfast::workload
