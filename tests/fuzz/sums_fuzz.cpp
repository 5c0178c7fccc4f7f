// SHA256SUMS: no path that was taken leads out of the folder.
#include "install/medium.hpp"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    const auto sums = holdfast::install::parse_sums(std::string(data, data + size));
    if (!sums) return 0;
    for (const auto& sum : *sums) {
        if (sum.file.is_absolute() || sum.file.empty() || sum.sha256.size() != 64) std::abort();
        for (const auto& part : sum.file)
            if (part == "..") std::abort();
    }
    return 0;
}
