#include "programs/catalog_observe.hpp"

#include "agent/status.hpp"

namespace holdfast {

namespace {

void put(inventory::Facts& into, const char* key, const std::string& value) {
    if (!value.empty() && value != "unknown") into[key] = value;
}

inventory::Facts facts_of(const agent::Status& status) {
    inventory::Facts facts;
    if (status.release) {
        put(facts, "board", status.release->board);
        put(facts, "profile", status.release->profile);
        put(facts, "runtime", status.release->runtime);
        put(facts, "version", status.release->version);
        facts["development"] = status.release->stage == agent::Stage::Development ? "yes" : "no";
    }
    if (status.slot) facts["slot"] = boot::letter(*status.slot);
    if (status.commit) put(facts, "commit", *status.commit);
    put(facts, "secure-boot", std::string(boot::text(status.secure_boot)));
    put(facts, "health", std::string(health::text(status.health.verdict)));
    return facts;
}

}  // namespace

inventory::Observed seen_here(const std::filesystem::path& root, const std::string& name, const std::string& site) {
    inventory::Observed all{
        {name, site, facts_of(agent::observe(root)), {}}, inventory::devices(root / "sys"), inventory::workloads(root)};
    for (const auto* key : {"board", "profile", "runtime", "version", "health"})
        if (const auto found = all.box.facts.find(key); found != all.box.facts.end()) all.box.labels.insert(*found);
    return all;
}

}  // namespace holdfast
