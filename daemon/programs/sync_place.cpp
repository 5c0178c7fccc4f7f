#include "programs/sync_place.hpp"

#include "identity/certificate.hpp"

#include <ctime>
#include <memory>

namespace holdfast {

namespace {

constexpr auto node_key = "node.key";  // in an authority's folder, see hub/node

}  // namespace

Result<SyncPlace> SyncPlace::open(const std::filesystem::path& root) {
    const enroll::Kept kept(root);
    auto identity = TRY(kept.this_box());
    auto list = TRY(kept.list_of(identity));
    return SyncPlace{root, TRY(CatalogPlace::open(root)), TRY(sync::Nodes::open(root / "var/lib/holdfast/nodes.db")),
                     std::move(identity), std::move(list)};
}

sync::Replica SyncPlace::replica() {
    return {place.feeds,
            place.catalog,
            nodes,
            identity.grant.roots,
            [this](const std::vector<std::string>& chain) -> Result<> {
                if (taken_back) TRY(identity::check_withdrawn(chain, *taken_back));
                return {};
            },
            {},
            place.origin.value_or(Digest{})};
}

Result<sync::Own> SyncPlace::own(std::optional<tpm::Tpm>& tpm, const std::string& tcti) const {
    const std::int64_t now = std::time(nullptr);
    std::error_code none;
    if (const auto file = root / node_key; std::filesystem::exists(file, none)) {
        const std::shared_ptr<EVP_PKEY> key = TRY(identity::read_key(file));
        return sync::Own{identity.grant.chain, [key](std::string_view said) { return identity::sign(key.get(), said); },
                         now};
    }
    if (!tpm) tpm.emplace(TRY(tpm::Tpm::open(tcti)));
    const auto keys = TRY(enroll::Node(root).keys());
    return sync::Own{
        identity.grant.chain,
        [&tpm, device = keys.device](std::string_view message) { return tpm->sign(device, sha256(message)); }, now};
}

}  // namespace holdfast
