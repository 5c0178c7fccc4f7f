// Whether what was carried out of a node is what the node has said: from the files alone, with no store and no clock.
#pragma once

#include "sync/batch.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace holdfast::sync {

struct Run {
    std::uint64_t first = 0, next = 0;  // records without a gap
};

// What is there of one feed.
struct Proved {
    feed::Feed feed;
    std::string id;  // SPIFFE ID of the node that has signed it
    std::vector<Run> runs;
    bool forked = false;  // two histories, both signed by that node
};

struct Verdict {
    std::vector<Proved> feeds;
    std::vector<std::string> wrong;  // each with the file that it stands in
    bool whole() const;              // nothing is wrong, and each feed is one run from its first record on
};

// Goes through batches: the signature of each, all certificates up to one of the roots (DER), and of each segment its
// signature and every link of its chain, within a file and across files. What is wrong is in the verdict, and does not
// end it.
Verdict verify(const std::vector<std::filesystem::path>& files, const std::vector<std::string>& roots);

}  // namespace holdfast::sync
