// What is compressed inside of a file and can be compressed again to the very same bytes.
#pragma once

#include "content/packing.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace holdfast::publish {

struct Flat {
    std::vector<content::Piece> pieces;  // together the whole file
    std::string bytes;                   // the pieces unpacked, one behind the other
    bool as_it_is() const { return pieces.size() <= 1 && (pieces.empty() || pieces[0].plain == pieces[0].packed); }
};

// Whether it must be possible to pack the pieces again: of what is to be made, not of what is there already.
enum class Again { No, Yes };

// Looks for what packing.hpp can pack: zstd frames, anywhere in the file. What does not pack to the same bytes again
// stays as it is, where that is asked for.
Flat flatten(std::string file, Again again = Again::Yes);

}  // namespace holdfast::publish
