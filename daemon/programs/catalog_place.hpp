// The catalog of this computer, and who writes into it.
#pragma once

#include "catalog/author.hpp"

#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace holdfast {

struct CatalogPlace {
    feed::Store feeds;
    catalog::Store catalog;
    std::optional<Digest> origin;  // nothing where this box was not admitted anywhere
    std::string site;
    std::map<Digest, std::string> names;  // of other nodes, their SPIFFE IDs; once they are learned

    // Of the box whose files are below `root`; what its feeds have is taken in. NotFound where there is no folder for
    // it.
    static Result<CatalogPlace> open(const std::filesystem::path& root);
    // NotFound, with what to do, on a box that has no name yet under which it could write.
    Result<catalog::Author> author();
    // From what nodes are known to sync.
    Result<> learn_names(const std::filesystem::path& root);
    // "this box", its SPIFFE ID, or "node" and the first digits of its number.
    std::string named(const Digest& node) const;
    // "KIND:NAMESPACE/NAME" of what a person wrote: of the namespace of this site where they wrote none, of the one
    // kind that has such an entity where they wrote none. NotFound where there is none, or more than one.
    Result<std::string> meant(const std::string& words);
};

}  // namespace holdfast
