#include "feed/dictionary.hpp"

namespace holdfast::feed {

// What is met most stands last, where the fewest bits point at it.
std::string_view dictionary() {
    static constexpr std::string_view words =
        "holdfast/generic-x86-64/dev/podman holdfast/advantech-poc-8/hospital/k3s holdfast/jetson-orin/factory/k3s "
        "backstage.io/managed-by-location backstage.io/managed-by-origin-location backstage.io/view-url "
        "backstage.io/edit-url backstage.io/techdocs-ref backstage.io/source-location backstage.io/kubernetes-id "
        "github.com/project-slug prometheus.io/rule pagerduty.com/service-id "
        "scaffolder.backstage.io/v1beta3 backstage.io/v1alpha1 "
        "Component API Resource System Domain Group User Location Template "
        "openapi asyncapi graphql grpc service website library database device production experimental deprecated "
        "ownerOf ownedBy consumesApi providesApi apiConsumedBy apiProvidedBy dependsOn dependencyOf partOf hasPart "
        "memberOf hasMember parentOf childOf "
        "component:default/ api:default/ resource:default/ system:default/ group:default/ user:default/ "
        "spec.subcomponentOf spec.providesApis spec.consumesApis spec.dependsOn spec.dependencyOf spec.definition "
        "spec.profile.displayName spec.profile.email spec.children spec.parent spec.memberOf spec.presence spec.target "
        "spec.targets spec.parameters spec.steps spec.output spec.domain spec.system spec.lifecycle spec.owner "
        "spec.type "
        "metadata.links metadata.labels. metadata.annotations. metadata.description metadata.title metadata.tags "
        "metadata.namespace metadata.name apiVersion kind default "
        "spiffe:// /site/ /box/ /workload/ "
        "attested untrusted admitted refused asked revoked quarantined freed good bad sick healthy unknown "
        "started finished failed installed staged confirmed rolled-back "
        "outcome reason who what when why name state version commit slot unit min max mean last from until "
        "entity.delete entity.set audit.event health.verdict telemetry.window action.result action.queued ";
    return words;
}

}  // namespace holdfast::feed
