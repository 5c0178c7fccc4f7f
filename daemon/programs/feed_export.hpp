// Feeds of this box as one batch that proves itself, or several in a folder: holdfast feed export, holdfast audit
// export.
#pragma once

#include "feed/record.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace holdfast {

struct FeedExport {
    std::filesystem::path root;
    std::string tcti;
    std::filesystem::path out;  // a folder, or the file to write
    bool json = false;
};

// Tells what was written, and who can prove it. NotFound where this box was not admitted, so that nobody would believe
// it.
Result<int> export_feeds(const FeedExport& wish, const std::vector<feed::Feed>& feeds);

}  // namespace holdfast
