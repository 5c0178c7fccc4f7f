// Numbers and bytes one behind the other, for the insides of a bundle. Numbers are LEB128: seven bits a byte, the
// lowest first, the high bit where more follow.
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace holdfast::content {

class Writer {
public:
    Writer& number(std::uint64_t value);
    Writer& bytes(std::string_view raw) {
        out_ += raw;
        return *this;
    }
    // Its length as a number, then the bytes.
    Writer& text(std::string_view raw) { return number(raw.size()).bytes(raw); }
    const std::string& str() const { return out_; }

private:
    std::string out_;
};

// Every read is checked; Corrupt where the bytes end too early or a number is over its limit.
class Reader {
public:
    explicit Reader(std::string_view bytes) : left_(bytes) {}
    Result<std::uint64_t> number(std::uint64_t limit);
    Result<std::string_view> bytes(std::size_t count);
    Result<std::string_view> text(std::size_t limit);
    std::string_view rest() const { return left_; }

private:
    std::string_view left_;
};

}  // namespace holdfast::content
