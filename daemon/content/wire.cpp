#include "content/wire.hpp"

namespace holdfast::content {

Writer& Writer::number(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7U) out_ += static_cast<char>((value & 0x7FU) | 0x80U);
    out_ += static_cast<char>(value);
    return *this;
}

Result<std::uint64_t> Reader::number(std::uint64_t limit) {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 63; shift += 7) {
        if (left_.empty()) return fail(Code::Corrupt, "ends in the middle of a number");
        const auto byte = static_cast<unsigned char>(left_.front());
        left_.remove_prefix(1);
        value |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
        if (byte & 0x80U) continue;
        if (value > limit)
            return fail(Code::Corrupt,
                        "the number " + std::to_string(value) + " is over its limit of " + std::to_string(limit));
        return value;
    }
    return fail(Code::Corrupt, "a number is longer than 63 bits");
}

Result<std::string_view> Reader::bytes(std::size_t count) {
    if (count > left_.size())
        return fail(Code::Corrupt,
                    std::to_string(count) + " bytes announced, " + std::to_string(left_.size()) + " there");
    const auto taken = left_.substr(0, count);
    left_.remove_prefix(count);
    return taken;
}

Result<std::string_view> Reader::text(std::size_t limit) {
    const std::uint64_t size = TRY(number(limit));
    return bytes(size);
}

}  // namespace holdfast::content
