#include "keys/module_signature.hpp"

#include <cstdint>
#include <string_view>

namespace holdfast::keys {

namespace {

// include/linux/module_signature.h: after the signature comes this structure, then the words below. Of its bytes only
// the kind of the signature and its length (big-endian, the last four) are not zero.
constexpr std::string_view magic = "~Module signature appended~\n";
constexpr std::size_t descriptor_size = 12;
constexpr std::size_t kind_at = 2;
constexpr char pkcs7 = 2;

std::size_t length_in(std::string_view descriptor) {
    std::size_t length = 0;
    for (const char c : descriptor.substr(descriptor_size - 4)) length = length << 8 | static_cast<std::uint8_t>(c);
    return length;
}

}  // namespace

std::string signature_trailer(std::size_t length) {
    std::string descriptor(descriptor_size, '\0');
    descriptor[kind_at] = pkcs7;
    for (std::size_t i = 0; i < 4; ++i)
        descriptor[descriptor_size - 1 - i] = static_cast<char>(length >> (8 * i) & 0xff);
    return descriptor.append(magic);
}

Result<std::string> without_signatures(std::string module) {
    while (module.ends_with(magic)) {
        const std::size_t end = module.size() - magic.size();
        if (end < descriptor_size) return fail(Code::Corrupt, "a module signature without its descriptor");
        const std::size_t length = length_in(std::string_view(module).substr(end - descriptor_size, descriptor_size));
        if (length > end - descriptor_size) return fail(Code::Corrupt, "a module signature larger than its module");
        module.resize(end - descriptor_size - length);
    }
    return module;
}

}  // namespace holdfast::keys
