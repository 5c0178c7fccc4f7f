// CBOR in long lists, written and read without a tree of values between.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tinycbor/cbor.h>
#include <utility>

namespace holdfast::catalog::wire {

inline constexpr std::size_t heads = 32;  // bytes, at most, of the heads and numbers of some values in a row

inline const std::uint8_t* raw(const char* bytes) {
    return reinterpret_cast<const std::uint8_t*>(bytes);
}

inline void put_text(CborEncoder* into, std::string_view text) {
    cbor_encode_text_string(into, text.data(), text.size());
}

// What `put` puts, in `bound` bytes at most.
template <class Put>
std::string encoded(std::size_t bound, const Put& put) {
    std::string bytes(bound, '\0');
    auto* begin = reinterpret_cast<std::uint8_t*>(bytes.data());
    CborEncoder encoder{};
    cbor_encoder_init(&encoder, begin, bytes.size(), 0);
    put(&encoder);
    bytes.resize(cbor_encoder_get_buffer_size(&encoder, begin));
    return bytes;
}

// Reads what is in an array, one after the other, in its one encoding: heads are as short as they can be, and say how
// long something is. Once something does not fit, nothing fits any more. By hand: it is most of what merging costs.
class Reader {
public:
    explicit Reader(std::string_view bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}
    bool good() const { return good_; }
    // Nothing more in the array that it is in.
    bool at_end() const { return !good_ || left_ == 0; }
    // How many are to come in it, as its head says.
    std::size_t left() const { return good_ ? left_ : 0; }
    std::string_view text() { return string(Kind::Text); }
    std::string_view bytes() { return string(Kind::Bytes); }
    std::optional<std::string_view> bytes_or_none() {
        constexpr char none = '\xf6';
        if (!good_ || left_ == 0 || at_ == end_ || *at_ != none) return bytes();
        --left_;
        ++at_;
        return std::nullopt;
    }
    std::uint32_t number32() {
        const auto value = number();
        good_ = good_ && value <= UINT32_MAX;
        return static_cast<std::uint32_t>(value);
    }
    std::int64_t integer() {
        const bool below = good_ && at_ != end_ && kind_of(*at_) == Kind::Below;
        const std::uint64_t value = head(below ? Kind::Below : Kind::Number);
        good_ = good_ && value <= INT64_MAX;
        return below ? -1 - static_cast<std::int64_t>(value) : static_cast<std::int64_t>(value);
    }
    std::uint64_t number() { return head(Kind::Number); }
    // Calls `each` as long as something is in the array, which has so many members.
    template <class Each>
    void array(std::size_t least, std::size_t most, const Each& each) {
        const std::uint64_t count = head(Kind::Array);
        good_ = good_ && count >= least && count <= most;
        const auto outside = std::exchange(left_, count);
        while (!at_end()) each();
        left_ = outside;
    }
    // Nothing behind it.
    bool ends() const { return good_ && at_ == end_; }

private:
    enum class Kind : std::uint8_t { Number, Below, Bytes, Text, Array };
    static Kind kind_of(char first) { return static_cast<Kind>(static_cast<std::uint8_t>(first) >> 5U); }

    // What a head says of a thing of that kind: its number, or its length.
    std::uint64_t head(Kind kind) {
        constexpr unsigned small = 24, longest = 27;
        if (!good_ || left_ == 0 || at_ == end_ || kind_of(*at_) != kind) return none();
        --left_;
        const unsigned low = static_cast<std::uint8_t>(*at_++) & 31U;
        if (low < small) return low;
        const std::size_t size = 1UL << (low - small);
        if (low > longest || static_cast<std::size_t>(end_ - at_) < size) return none();
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < size; ++i) value = value << 8U | static_cast<std::uint8_t>(*at_++);
        const std::uint64_t least = size == 1 ? small : 1ULL << (4 * size);
        return value < least ? none() : value;
    }
    std::uint64_t none() {
        good_ = false;
        return 0;
    }
    std::string_view string(Kind kind) {
        const std::uint64_t size = head(kind);
        if (!good_ || static_cast<std::size_t>(end_ - at_) < size) return none(), std::string_view();
        return {std::exchange(at_, at_ + size), size};
    }

    const char* at_;
    const char* end_;
    std::uint64_t left_ = 1;
    bool good_ = true;
};

}  // namespace holdfast::catalog::wire
