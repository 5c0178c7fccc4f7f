// From a bundle into the repository.
#pragma once

#include "content/bundle_file.hpp"
#include "content/sysroot.hpp"

namespace holdfast::content {

// Whether this content can be unpacked here, before a byte of it is: its signature, that it is bound to its ref, that
// the commit it builds on is there, and that these libraries pack as the sender's did.
// Denied, or NotFound (the commit it builds on, or other libraries: a full bundle helps).
Result<> check_content(const Header& header, const Content& content, const std::filesystem::path& sysroot,
                       const Trust& trust);

// NoSpace where the system partition cannot hold all that is in the bundle and not here yet.
Result<> room_for(const Header& header, const std::filesystem::path& sysroot);

// Checks, unpacks, and checks that every object of the commit is there. A cut leaves the repository as it was, but for
// loose objects that the next clean-up takes; nothing counts as pulled before all is there. `progress` gets chunks.
Result<> unbundle(const BundleFile& bundle, const Content& content, const std::filesystem::path& sysroot,
                  const Trust& trust, const Progress& progress = {});

}  // namespace holdfast::content
