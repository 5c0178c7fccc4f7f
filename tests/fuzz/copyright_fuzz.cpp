// Any bytes as a copyright file: an expression with balanced brackets whose references are all there, or nothing.
#include "sbom/licence.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

void try_file(const std::string& text) {
    const auto licence = holdfast::sbom::parse_copyright(text);
    const auto& expression = licence.expression;
    require(std::ranges::count(expression, '(') == std::ranges::count(expression, ')'));
    require(!expression.contains("  ") && !expression.starts_with(' ') && !expression.ends_with(' '));
    require(std::ranges::all_of(expression, [](char c) { return c >= ' ' && c < 127; }));
    require(!expression.empty() || licence.extracted.empty());
    for (const auto& extracted : licence.extracted) require(expression.contains(extracted.id));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    try_file(text);
    // Deep inside the format at once: the bytes as the licence of all files.
    try_file("Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\nFiles: *\nLicense: " +
             text + "\n");
    return 0;
}
