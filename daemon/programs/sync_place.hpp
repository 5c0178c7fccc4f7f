// This box with all that it passes on, and how it signs for it.
#pragma once

#include "enroll/node.hpp"
#include "programs/catalog_place.hpp"
#include "sync/exchange.hpp"

#include <filesystem>
#include <optional>

namespace holdfast {

struct SyncPlace {
    std::filesystem::path root;
    CatalogPlace place;
    sync::Nodes nodes;
    enroll::Identity identity;
    std::optional<identity::Crl> taken_back;

    // NotFound, with what to do, where this box was not admitted.
    static Result<SyncPlace> open(const std::filesystem::path& root);
    // Look at this one, which has to outlive it.
    sync::Replica replica();
    // Signs by the box's key in the TPM, which is opened for it and kept in `tpm`; an authority's node by its own key,
    // without one.
    Result<sync::Own> own(std::optional<tpm::Tpm>& tpm, const std::string& tcti) const;
};

}  // namespace holdfast
