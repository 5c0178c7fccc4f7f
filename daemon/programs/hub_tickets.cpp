// holdfast hub ticket …
#include "base/when.hpp"
#include "hub/authority.hpp"
#include "hub/digits.hpp"
#include "hub_verbs.hpp"
#include "identity/invitation.hpp"

namespace holdfast::hub_verbs {

namespace {

constexpr std::int64_t hour = 3600;

// A pattern of names leaves the name to each box.
identity::Invitation invitation_with(const hub::Ticket& ticket, const hub::Authority& authority, const Arguments& a) {
    return {.url = a.url,
            .fingerprint = authority.fingerprint(),
            .ticket = ticket.code,
            .site = ticket.site,
            .name = ticket.pattern.ends_with('*') ? "" : ticket.pattern};
}

const char* state_of(const hub::Ticket& ticket) {
    if (ticket.revoked != 0) return "revoked";
    if (ticket.used >= ticket.uses) return "used up";
    return ticket.expires < now() ? "expired" : "good";
}

std::int64_t left(const hub::Ticket& ticket) {
    return std::max<std::int64_t>(0, ticket.uses - ticket.used);
}

// Its code is nobody's to read: who has it is admitted.
Json as_json(const hub::Ticket& ticket) {
    return {{"id", hub::id_of(ticket)},  {"site", ticket.site},      {"names", ticket.pattern},
            {"expires", ticket.expires}, {"uses", ticket.uses},      {"left", left(ticket)},
            {"issuing", ticket.issuing}, {"who", ticket.who},        {"made", ticket.made},
            {"revoked", ticket.revoked}, {"state", state_of(ticket)}};
}

Result<int> create(const Arguments& a) {
    if (!a.url.empty()) TRY(identity::check_line(a.url));
    auto authority = TRY(hub::Authority::open(a.state));
    const auto made = TRY(authority.make_ticket(a.site, a.names, now() + a.hours * hour, a.uses, a.issuing,
                                                {.who = a.by, .why = {}, .at = now()}));
    std::string invitation;
    if (!a.url.empty())
        invitation = "enroll:\n" + identity::write_invitation(invitation_with(made, authority, a), "  ");
    if (a.json) {
        Json told = as_json(made);
        told["code"] = made.code;
        told["invitation"] = invitation;
        told["authority"] = authority.fingerprint();
        print(told);
    } else if (!invitation.empty()) {
        std::fputs(invitation.c_str(), stdout);
    } else {
        std::printf(
            "ticket     %s\nfor        site %s, names %s, %lld time(s), until %s\nid         %s\n"
            "authority  %.16s\n",
            made.code.c_str(), made.site.c_str(), made.pattern.c_str(), static_cast<long long>(made.uses),
            date(made.expires).c_str(), hub::id_of(made).c_str(), authority.fingerprint().c_str());
    }
    return 0;
}

Result<int> list(const Arguments& a) {
    auto authority = TRY(hub::Authority::open(a.state));
    Json all = Json::array();
    for (const auto& each : TRY(authority.store().tickets())) {
        all.push_back(as_json(each));
        if (a.json) continue;
        const std::string when = each.revoked != 0 ? "on " + date(each.revoked) : "until " + date(each.expires);
        std::printf("%s  %-12s %-20s %lld of %lld left, %s %s%s%s\n", hub::id_of(each).c_str(), each.site.c_str(),
                    each.pattern.c_str(), static_cast<long long>(left(each)), static_cast<long long>(each.uses),
                    state_of(each), when.c_str(), each.who.empty() ? "" : (", made by " + each.who).c_str(),
                    each.issuing ? ", issuing" : "");
    }
    if (a.json) print({{"tickets", all}});
    if (!a.json && all.empty())
        std::printf("there is no ticket; make one: %s\n", command(a, "ticket create --site SITE").c_str());
    return 0;
}

// By its id, or by its code, from the paper itself.
Result<hub::Ticket> find(hub::Store& store, const std::string& what) {
    if (auto ticket = TRY(store.ticket(what))) return *std::move(ticket);
    return hub::one_of(what, TRY(store.tickets()), hub::id_of, "ticket", "holdfast hub ticket list");
}

Result<int> revoke(const Arguments& a) {
    auto authority = TRY(hub::Authority::open(a.state));
    const auto ticket = TRY(find(authority.store(), a.what));
    const bool news = TRY(authority.store().revoke_ticket(ticket, {.who = a.by, .why = a.why, .at = now()}));
    if (a.json)
        print({{"id", hub::id_of(ticket)}, {"news", news}});
    else
        std::printf("ticket %s for %s at %s is revoked%s; boxes that were admitted with it stay\n",
                    hub::id_of(ticket).c_str(), ticket.pattern.c_str(), ticket.site.c_str(), news ? "" : " already");
    return 0;
}

}  // namespace

void add_tickets(CLI::App& app, Arguments& a, Verb& chosen) {
    auto* tickets = app.add_subcommand("ticket", "Tickets, with which a box is admitted without a person");
    tickets->require_subcommand(1);
    auto* make = add(*tickets, chosen, "create", "Make a ticket", create);
    make->add_option("--site", a.site, "The site that it admits to")->required();
    make->add_option("--names", a.names, "Names that it is for; a * at the end is any rest")->capture_default_str();
    make->add_option("--hours", a.hours, "How long it is valid")->capture_default_str()->check(CLI::Range(1, 87600));
    make->add_option("--uses", a.uses, "For how many boxes")->capture_default_str()->check(CLI::Range(1, 100000));
    make->add_option("--invitation", a.url,
                     "Print it as the lines for install.yaml: this authority is at https://HOST:PORT");
    make->add_flag("--issuing", a.issuing, "Those boxes may have an authority of their own, for their workloads");
    make->add_option("--by", a.by, "Who you are: 'list' tells it")->check(somebody());
    add(*tickets, chosen, "list", "All tickets: for whom, until when, how often; not their codes", list);
    auto* end = add(*tickets, chosen, "revoke", "Admit nobody with it any more", revoke);
    end->add_option("ticket", a.what, "Its id as 'list' tells it, or the first digits of that; or its code")
        ->required();
    add_reason(end, a)->required();
    add_person(end, a);
}

}  // namespace holdfast::hub_verbs
