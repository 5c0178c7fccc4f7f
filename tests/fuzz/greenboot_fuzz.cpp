// Any bytes as greenboot.conf, and as what a check wrote.
#include "base/text.hpp"
#include "health/greenboot.hpp"
#include "health/verdict.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    static_cast<void>(holdfast::health::parse_settings(text));
    const std::string line = holdfast::health::last_line(text);
    if (line.size() > holdfast::health::last_words_limit || line.contains('\n')) std::abort();
    if (holdfast::valid_utf8(line) != line) std::abort();
    return 0;
}
