#include "catalog/kinds.hpp"

#include <algorithm>
#include <array>

namespace holdfast::catalog {

namespace {

constexpr Relation owned_by{"ownedBy", "ownerOf"}, provides{"providesApi", "apiProvidedBy"},
    consumes{"consumesApi", "apiConsumedBy"}, depends{"dependsOn", "dependencyOf"}, part_of{"partOf", "hasPart"},
    child_of{"childOf", "parentOf"}, parent_of{"parentOf", "childOf"}, member_of{"memberOf", "hasMember"},
    has_member{"hasMember", "memberOf"}, depended{"dependencyOf", "dependsOn"};

constexpr Member needed(std::string_view name, Shape shape = Shape::Text, std::span<const Member> inside = {}) {
    return {name, shape, true, inside};
}
constexpr Member one(std::string_view name, const Relation& relation, std::string_view kind) {
    return {name, Shape::Text, false, {}, &relation, kind};
}
constexpr Member many(std::string_view name, const Relation& relation, std::string_view kind = {}) {
    return {name, Shape::Texts, false, {}, &relation, kind};
}

constexpr Member owner{"owner", Shape::Text, true, {}, &owned_by, "Group"};
constexpr Member system_of = one("system", part_of, "System");
constexpr std::array profile_members{Member{"displayName"}, Member{"email"}, Member{"picture"}};
constexpr Member profile{"profile", Shape::Map, false, profile_members};

// Their schemas do not have it: it is not looked at, and leads somewhere where it can.
constexpr Member dependency_of{"dependencyOf", Shape::Any, false, {}, &depended};
constexpr std::array component{needed("type"),
                               needed("lifecycle"),
                               owner,
                               system_of,
                               one("subcomponentOf", part_of, "Component"),
                               many("providesApis", provides, "API"),
                               many("consumesApis", consumes, "API"),
                               many("dependsOn", depends),
                               dependency_of};
constexpr std::array api{needed("type"), needed("lifecycle"), owner, needed("definition"), system_of};
constexpr std::array resource{needed("type"), owner, many("dependsOn", depends), dependency_of, system_of};
constexpr std::array system_members{owner, one("domain", part_of, "Domain"), Member{"type"}};
constexpr std::array domain{owner, one("subdomainOf", part_of, "Domain"), Member{"type"}};
constexpr std::array group{needed("type"), profile, one("parent", child_of, "Group"),
                           Member{"children", Shape::Texts, true, {}, &parent_of, "Group"},
                           many("members", has_member, "User")};
constexpr std::array user{profile, Member{"memberOf", Shape::Texts, true, {}, &member_of, "Group"}};
constexpr std::array location{Member{"type"}, Member{"target"}, Member{"targets", Shape::Texts},
                              Member{"presence", Shape::Presence}};

constexpr std::array tags{Member{"tags", Shape::Words}};
constexpr Member permissions{"backstage:permissions", Shape::Map, false, tags};
constexpr std::array form{Member{"when", Shape::WordOrFlag}, permissions};
constexpr std::array step{Member{"id", Shape::Word},   Member{"name", Shape::Word},     needed("action", Shape::Word),
                          Member{"input", Shape::Map}, Member{"if", Shape::WordOrFlag}, permissions};
constexpr std::array link{Member{"if", Shape::WordOrFlag}, Member{"url"}, Member{"entityRef"}, Member{"title"},
                          Member{"icon"}};
constexpr std::array note{Member{"if", Shape::WordOrFlag}, Member{"title"}, Member{"icon"},
                          Member{"content", Shape::Word}};
constexpr std::array output{Member{"links", Shape::Maps, false, link}, Member{"text", Shape::Maps, false, note}};
constexpr std::array decorator{Member{"id", Shape::Word}, Member{"input", Shape::Map}};
constexpr std::array buttons{Member{"backButtonText", Shape::Word}, Member{"createButtonText", Shape::Word},
                             Member{"reviewButtonText", Shape::Word}};
constexpr std::array presentation{Member{"buttonLabels", Shape::Map, false, buttons}};
constexpr std::array secrets{Member{"schema", Shape::Map}};
constexpr std::array recovery{Member{"EXPERIMENTAL_strategy", Shape::Word}};
constexpr std::array templates{needed("type"),
                               Member{"owner", Shape::Text, false, {}, &owned_by, "Group"},
                               Member{"lifecycle"},
                               Member{"parameters", Shape::MapOrMaps, false, form},
                               Member{"secrets", Shape::Map, false, secrets},
                               Member{"presentation", Shape::Map, false, presentation},
                               Member{"EXPERIMENTAL_recovery", Shape::Map, false, recovery},
                               Member{"formDecorators", Shape::Maps, false, decorator},
                               Member{"EXPERIMENTAL_formDecorators", Shape::Maps, false, decorator},
                               needed("steps", Shape::Maps, step),
                               Member{"output", Shape::WordMap, false, output}};

constexpr std::array<std::string_view, 2> usual{"backstage.io/v1alpha1", "backstage.io/v1beta1"};
constexpr std::array<std::string_view, 1> of_templates{"scaffolder.backstage.io/v1beta3"};

constexpr std::array all{
    KindModel{"Component", usual, component},
    KindModel{"API", usual, api},
    KindModel{"Resource", usual, resource},
    KindModel{"System", usual, system_members},
    KindModel{"Domain", usual, domain},
    KindModel{"Group", usual, group},
    KindModel{"User", usual, user},
    KindModel{"Location", usual, location},
    KindModel{"Template", of_templates, templates},
};

constexpr std::array links{needed("url"), Member{"title"}, Member{"icon"}, Member{"type"}};
constexpr std::array envelope{needed("name"),
                              Member{"namespace"},
                              Member{"uid"},
                              Member{"etag"},
                              Member{"title"},
                              Member{"description", Shape::Word},
                              Member{"labels", Shape::Map},
                              Member{"annotations", Shape::Map},
                              Member{"tags", Shape::Texts},
                              Member{"links", Shape::Maps, false, links}};

}  // namespace

std::span<const KindModel> kinds() {
    return all;
}

const KindModel* find_kind(std::string_view kind) {
    const auto found = std::ranges::find(all, kind, &KindModel::kind);
    return found == all.end() ? nullptr : &*found;
}

std::span<const Member> metadata() {
    return envelope;
}

}  // namespace holdfast::catalog
