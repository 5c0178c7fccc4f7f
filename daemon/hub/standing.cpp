// Whether a box is admitted, in quarantine or revoked: who has said so, why, and what follows.
#include "base/json.hpp"
#include "base/when.hpp"
#include "hub/authority.hpp"
#include "hub/digits.hpp"
#include "hub/validity.hpp"

namespace holdfast::hub {

namespace {

using enroll::Answer, enroll::Check, enroll::Kind;

constexpr std::int64_t list_days = 30;

Past step(const Box& box, const std::string& outcome, const std::string& why, const std::string& who,
          std::int64_t now) {
    const enroll::Decision reason{{{outcome == "revoked" ? "revocation" : "quarantine", Answer::No, why}}};
    return {.at = now,
            .request = {},
            .endorsement = box.endorsement,
            .site = box.site,
            .name = box.name,
            .outcome = outcome,
            .who = who,
            .checks = why.empty() ? "[]" : json::write(as_json(reason)),
            .answer = {}};
}

// "on 2026-09-21 14:13 UTC by ada: it was stolen".
std::string told(const Past& past) {
    std::string text = "on " + date(past.at) + (past.who.empty() ? "" : " by " + past.who);
    // What speaks for an admission is a long list.
    const auto checks = json::parse(past.checks, checks_limit);
    if (past.outcome == "admitted" || !checks || !checks->is_array()) return text;
    for (const auto& each : *checks)
        if (const auto reason = json::text(each, "reason", checks_limit)) text += ": " + *reason;
    return text;
}

constexpr auto new_request =
    "; to take it back, make a new request on the box, and admit that: holdfast hub admit FILE --bring-back --by "
    "YOUR-NAME";

}  // namespace

std::string called(const std::string& site, const std::string& name) {
    return "box '" + name + "' at site '" + site + "'";
}

Result<std::string> Authority::standing_of(const Box& box) {
    const auto past = TRY(store_.last(box.endorsement, box.state));
    return past ? box.state + " " + told(*past) : box.state;
}

Result<std::optional<Check>> Authority::check_standing(const Box& box, Kind kind, const std::string& message) {
    if (box.state == "admitted") return std::nullopt;
    const std::string standing = "this box was " + TRY(standing_of(box));
    const bool asks = kind == Kind::Request;
    if (box.state == "revoked") {
        if (!asks) return Check{"standing", Answer::No, standing + new_request};
        if (TRY(store_.seen_before_revocation(message, box.endorsement)))
            return Check{"standing", Answer::No, standing + ", and this request is older than that" + new_request};
        return Check{"standing", Answer::Ask, standing + "; shall it come back? Then with --bring-back"};
    }
    return Check{
        "standing", asks ? Answer::No : Answer::Ask,
        standing + "; it is in quarantine until: holdfast hub free " + box.site + " " + box.name + " --by YOUR-NAME"};
}

// What was given then is worth nothing any more, and is not given again.
Result<Admission> Authority::refuse_revoked(Admission admission, Past past, const Past& revoked) {
    admission.decision.checks.push_back(
        {"standing", Answer::No,
         "this request was answered before, and this box was revoked since, " + told(revoked) + new_request});
    past.site = admission.site;
    past.name = admission.name;
    past.outcome = "refused";
    past.checks = json::write(as_json(admission.decision));
    if (!TRY(store_.knows(past))) TRY(store_.record(past, std::nullopt, ""));
    return admission;
}

Result<Box> Authority::box_named(const std::string& site, const std::string& name) {
    auto all = TRY(store_.boxes_named(site, name));
    const std::string place = called(site, name);
    if (all.empty()) return fail(Code::NotFound, "there is no " + place + "; look with: holdfast hub list");
    auto& box = all.front();
    if (box.state == "revoked") return fail(Code::Denied, place + " was " + TRY(standing_of(box)) + new_request);
    if (box.site != site || box.name != name)
        return fail(Code::NotFound, place + " has another name now: " + called(box.site, box.name));
    return std::move(box);
}

Result<Box> Authority::box_known(const std::string& site, const std::string& name, const std::string& endorsement) {
    auto all = TRY(store_.boxes_named(site, name));
    if (all.empty())
        return fail(Code::NotFound, "there is and was no " + called(site, name) + "; look with: holdfast hub list");
    if (endorsement.empty()) return std::move(all.front());
    return one_of(endorsement, all, &Box::endorsement, "endorsement key of such a box",
                  "holdfast hub show " + site + " " + name);
}

Result<> Authority::revoke(const std::string& site, const std::string& name, const std::string& why,
                           const std::string& who, std::int64_t now) {
    auto box = TRY(box_named(site, name));
    box.state = "revoked";
    return store_.record(step(box, "revoked", why, who, now), box, identity::Withdrawal::Revoked);
}

Result<bool> Authority::quarantine(const std::string& site, const std::string& name, const std::string& why,
                                   const std::string& who, std::int64_t now) {
    auto box = TRY(box_named(site, name));
    if (box.state == "quarantined") return false;
    box.state = "quarantined";
    TRY(on_record("quarantine", site + "/" + name, [&] {
        return store_.record(step(box, "quarantined", why, who, now), box, identity::Withdrawal::Quarantined);
    }));
    return true;
}

Result<bool> Authority::release(const std::string& site, const std::string& name, const std::string& who,
                                std::int64_t now) {
    auto box = TRY(box_named(site, name));
    if (box.state != "quarantined") return false;
    box.state = "admitted";
    TRY(store_.record(step(box, "freed", "", who, now), box, std::nullopt));
    return true;
}

Result<std::string> Authority::list(std::int64_t now) {
    return store_.list(now, now - list_days * day / 2, [&](std::uint64_t number, const auto& entries) {
        return identity::make_crl({certificate_, key_.get()}, number, entries, valid(now, list_days));
    });
}

}  // namespace holdfast::hub
