// medium.json before its signature is checked.
#include "install/medium.hpp"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    const auto medium = holdfast::install::parse_medium(std::string(data, data + size));
    if (medium && !medium->commit.starts_with(medium->id)) std::abort();
    return 0;
}
