// Any bytes as a YAML mapping, looked at in every way that the recipes look at theirs.
#include "base/yaml.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto mapping = holdfast::yaml::Mapping::parse(text, "fuzzed.yaml");
    if (!mapping) return 0;
    static_cast<void>(mapping->only({"name", "cmdline"}));
    for (const auto& key : mapping->keys()) {
        static_cast<void>(mapping->text(key));
        static_cast<void>(mapping->texts(key));
        static_cast<void>(mapping->boolean(key, false));
        static_cast<void>(mapping->whole(key, 0));
        static_cast<void>(mapping->one_of(key, {"a"}));
        static_cast<void>(mapping->children(key));
        if (const auto child = mapping->child(key)) static_cast<void>(child->only({"modules"}));
    }
    return 0;
}
