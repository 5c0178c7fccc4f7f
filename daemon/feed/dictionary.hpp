// What many records have in common, so that even a segment of a few is small.
#pragma once

#include <string_view>

namespace holdfast::feed {

// For zstd, as a prefix. Part of format 1: never to be changed, since what was packed with it is unpacked with it.
std::string_view dictionary();

}  // namespace holdfast::feed
