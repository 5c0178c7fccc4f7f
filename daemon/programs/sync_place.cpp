#include "programs/sync_place.hpp"

#include <ctime>

namespace holdfast {

Result<SyncPlace> SyncPlace::open(const std::filesystem::path& root) {
    const enroll::Kept kept(root);
    auto identity = TRY(kept.this_box());
    auto list = TRY(kept.list_of(identity));
    return SyncPlace{root, TRY(CatalogPlace::open(root)), TRY(sync::Nodes::open(root / "var/lib/holdfast/nodes.db")),
                     std::move(identity), std::move(list)};
}

sync::Replica SyncPlace::replica() {
    return {place.feeds, place.catalog, nodes, identity.grant.roots,
            [this](const std::vector<std::string>& chain) -> Result<> {
                if (taken_back) TRY(identity::check_withdrawn(chain, *taken_back));
                return {};
            }};
}

Result<sync::Own> SyncPlace::own(tpm::Tpm& tpm) const {
    const auto keys = TRY(enroll::Node(root).keys());
    return sync::Own{
        identity.grant.chain,
        [&tpm, device = keys.device](std::string_view message) { return tpm.sign(device, sha256(message)); },
        std::time(nullptr)};
}

}  // namespace holdfast
