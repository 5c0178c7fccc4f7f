#include "programs/catalog_place.hpp"

#include "base/clock.hpp"
#include "base/text.hpp"
#include "catalog/query.hpp"
#include "catalog/reference.hpp"
#include "enroll/kept.hpp"
#include "sync/nodes.hpp"

namespace holdfast {

namespace {

namespace fs = std::filesystem;

constexpr auto folder = "var/lib/holdfast";
constexpr std::size_t digits = 8;

}  // namespace

Result<CatalogPlace> CatalogPlace::open(const fs::path& root) {
    CatalogPlace place{TRY(feed::Store::open(root / folder / "feeds.db")),
                       TRY(catalog::Store::open(root / folder / "catalog.db")),
                       {},
                       std::string(catalog::default_namespace),
                       {}};
    if (const auto box = TRY(enroll::Kept(root).identity())) {
        place.origin = TRY(digest_of(box->certificate.fingerprint));
        place.site = box->id.site;
        TRY(place.catalog.allow(*place.origin, place.site));
    }
    TRY(place.catalog.catch_up(place.feeds));
    return place;
}

Result<catalog::Author> CatalogPlace::author() {
    if (!origin)
        return fail(Code::NotFound,
                    "this box has not been admitted anywhere, so it has no name to write under; next: holdfast enroll "
                    "request (reading goes on)");
    return catalog::Author{catalog, feeds, *origin, site, milliseconds(CLOCK_REALTIME)};
}

Result<> CatalogPlace::learn_names(const fs::path& root) {
    auto nodes = TRY(sync::Nodes::open(root / folder / "nodes.db"));
    for (const auto& each : TRY(nodes.all())) names[each.origin] = each.id;
    return {};
}

std::string CatalogPlace::named(const Digest& node) const {
    if (origin == node) return "this box";
    const auto known = names.find(node);
    return known != names.end() ? known->second : "node " + hex(node).substr(0, digits);
}

Result<std::string> CatalogPlace::meant(const std::string& words) {
    if (words.contains(':')) return text(TRY(catalog::parse_reference(words, {}, site)));
    const auto whole = TRY(catalog::parse_reference(words, "kind", site));
    catalog::Query query;
    query.any = {{{"metadata.name", {whole.name}}, {"metadata.namespace", {whole.space}}}};
    const auto found = TRY(catalog::find(catalog, query));
    if (found.size() == 1) return found.front();
    if (found.empty())
        return fail(Code::NotFound, "there is no entity '" + words + "' in the namespace " + whole.space +
                                        "; look with: holdfast catalog list, or holdfast catalog search " + words);
    return fail(Code::NotFound, "'" + words + "' is one of several: " + join(found, ", ") + "; give one of these");
}

}  // namespace holdfast
