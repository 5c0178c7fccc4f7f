// holdfast hub nodes, announce: what boxes have said, how long ago that was, and what there is for them.
#include "base/clock.hpp"
#include "base/digest.hpp"
#include "base/text.hpp"
#include "catalog/author.hpp"
#include "catalog/validate.hpp"
#include "hub/node.hpp"
#include "hub_verbs.hpp"
#include "sync/freshness.hpp"

#include <algorithm>

namespace holdfast::hub_verbs {

namespace {

// How many records of it are here, and signed.
Result<std::uint64_t> records(feed::Store& feeds, const Digest& origin) {
    std::uint64_t sum = 0;
    for (std::size_t kind = 0; kind < feed::classes; ++kind)
        if (const auto end = TRY(feeds.end({origin, static_cast<feed::Class>(kind)}))) sum += end->closed;
    return sum;
}

Result<Json> told(hub::Node& node, const hub::Box& box, const Arguments& a) {
    const auto facts = TRY(identity::facts_of(box.certificate));
    const auto origin = TRY(digest_of(facts.fingerprint));
    const auto known = TRY(node.nodes().find(origin));
    const auto came = known ? known->came : 0;
    const auto sum = TRY(records(node.feeds(), origin));
    const std::string quarantine = known ? known->quarantine : "";
    if (!a.json)
        std::printf("%-16s %-24s %-12s %s, %llu records%s\n", box.site.c_str(), box.name.c_str(), box.state.c_str(),
                    sync::freshness(came, now()).c_str(), static_cast<unsigned long long>(sum),
                    quarantine.empty() ? "" : ("; QUARANTINE: " + quarantine).c_str());
    return Json{{"site", box.site},
                {"name", box.name},
                {"state", box.state},
                {"heard", came},
                {"said", known ? known->heard : 0},
                {"records", sum},
                {"quarantine", quarantine}};
}

Result<int> nodes(const Arguments& a) {
    auto authority = TRY(hub::Authority::open(a.state));
    auto node = TRY(hub::Node::open(a.state, authority, now()));
    Json all = Json::array();
    for (const auto& box : TRY(authority.store().boxes())) all.push_back(TRY(told(node, box, a)));
    if (a.json)
        print(all);
    else if (all.empty())
        std::puts("no box has been admitted yet");
    return 0;
}

// Refs have slashes, names of entities have none.
std::string name_of(const std::string& ref) {
    std::string name = ref;
    std::ranges::replace(name, '/', '.');
    return name;
}

const std::string owner_space(identity::authority_site), owner_name = "holdfast";

Json entity_of(const std::string& ref, const std::string& source, const std::string& note, const std::string& by) {
    return {{"apiVersion", "backstage.io/v1alpha1"},
            {"kind", "Resource"},
            {"metadata",
             {{"name", name_of(ref)},
              {"description", note.empty() ? "Content for boxes" : note},
              {"annotations", {{"holdfast.org/ref", ref}, {"holdfast.org/source", source}, {"holdfast.org/by", by}}}}},
            {"spec", {{"type", "holdfast-content"}, {"owner", "group:" + owner_space + "/" + owner_name}}}};
}

// Who owns it.
Json group() {
    return {{"apiVersion", "backstage.io/v1alpha1"},
            {"kind", "Group"},
            {"metadata", {{"name", owner_name}, {"description", "Whoever looks after this trust domain"}}},
            {"spec", {{"type", "team"}, {"children", Json::array()}}}};
}

// A URL that boxes can fetch from, or words that say where a person finds it.
std::string wrong_source(const std::string& words) {
    const bool url = words.contains("://");
    if (!url || words.starts_with("https://") || words.starts_with("http://")) return wrong_words(words);
    return "'" + words + "' is no https:// or http:// URL";
}

std::string wrong_ref(const std::string& ref) {
    const bool whole = ref.contains('/') && catalog::objections(entity_of(ref, "here", "", "me")).empty();
    return whole ? "" : "'" + ref + "' is no ref; one is holdfast/generic-x86-64/hospital/k3s";
}

Result<int> withdraw(catalog::Author author, const Arguments& a) {
    const std::string name = "resource:" + owner_space + "/" + small(name_of(a.what));
    if (!TRY(author.store.get(name)))
        return fail(Code::NotFound,
                    a.what + " is not announced; look with: holdfast catalog list spec.type=holdfast-content");
    TRY(author.remove(name));
    if (a.json)
        print({{"ref", a.what}, {"news", true}, {"withdrawn", true}});
    else
        std::printf("%s: withdrawn; boxes hear of it with their next sync\n", a.what.c_str());
    return 0;
}

// One entity of each ref, which boxes get with the catalog wherever they are.
Result<int> announce(const Arguments& a) {
    auto authority = TRY(hub::Authority::open(a.state));
    auto node = TRY(hub::Node::open(a.state, authority, now()));
    auto author = node.author(milliseconds(CLOCK_REALTIME));
    if (a.withdraw) return withdraw(author, a);
    if (!TRY(author.store.get("group:" + owner_space + "/" + owner_name))) TRY(author.apply(group()));
    const auto applied = TRY(author.apply(entity_of(a.what, a.url, a.note, a.by)));
    const bool news = applied.outcome != catalog::Outcome::Unchanged;
    if (a.json)
        print({{"ref", a.what}, {"source", a.url}, {"news", news}});
    else
        std::printf("%s: %s; boxes hear of it with their next sync\n", a.what.c_str(),
                    news ? "announced" : "is announced already");
    return 0;
}

}  // namespace

void add_nodes(CLI::App& app, Arguments& a, Verb& chosen) {
    add(app, chosen, "nodes", "What boxes have said over sync, and how long ago that was", nodes);
    auto* content = add(app, chosen, "announce", "Tell all boxes where there is content for them", announce);
    content->add_option("ref", a.what, "Its ref: holdfast/BOARD/PROFILE/RUNTIME")
        ->required()
        ->check(CLI::Validator(wrong_ref, ""));
    auto* where = content->add_option_group("Where");
    where->require_option(1);
    where->add_option("source", a.url, "Where it is: a URL, or words such as 'stick of May'")
        ->check(CLI::Validator(wrong_source, ""));
    where->add_flag("--withdraw", a.withdraw, "It is there no more");
    content->add_option("--note", a.note, "For people");
    add_person(content, a);
}

}  // namespace holdfast::hub_verbs
