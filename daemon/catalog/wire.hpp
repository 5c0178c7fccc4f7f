// CBOR in long lists, written and read without a tree of values between.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tinycbor/cbor.h>

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

// Reads what is in an array, one after the other. Once something does not fit, nothing fits any more.
class Reader {
public:
    explicit Reader(std::string_view bytes) {
        CborParser* parser = &parser_;
        good_ = cbor_parser_init(raw(bytes.data()), bytes.size(), 0, parser, &at_) == CborNoError;
    }
    bool good() const { return good_; }
    bool at_end() const { return !good_ || cbor_value_at_end(&at_); }
    std::string_view text() { return string(cbor_value_is_text_string(&at_)); }
    std::string_view bytes() { return string(cbor_value_is_byte_string(&at_)); }
    std::optional<std::string_view> bytes_or_none() {
        if (!good_ || !cbor_value_is_null(&at_)) return bytes();
        good_ = cbor_value_advance_fixed(&at_) == CborNoError;
        return std::nullopt;
    }
    std::uint32_t number32() {
        const auto value = number();
        good_ = good_ && value <= UINT32_MAX;
        return static_cast<std::uint32_t>(value);
    }
    std::int64_t integer() {
        std::int64_t value = 0;
        good_ = good_ && cbor_value_is_integer(&at_) && cbor_value_get_int64_checked(&at_, &value) == CborNoError &&
                cbor_value_advance_fixed(&at_) == CborNoError;
        return value;
    }
    std::uint64_t number() {
        std::uint64_t value = 0;
        good_ = good_ && cbor_value_is_unsigned_integer(&at_) && cbor_value_get_uint64(&at_, &value) == CborNoError &&
                cbor_value_advance_fixed(&at_) == CborNoError;
        return value;
    }
    // Calls `each` as long as something is in the array, which has so many members.
    template <class Each>
    void array(std::size_t least, std::size_t most, const Each& each) {
        std::size_t count = 0;
        good_ = good_ && cbor_value_is_array(&at_) && cbor_value_get_array_length(&at_, &count) == CborNoError &&
                count >= least && count <= most;
        CborValue outside = at_;
        good_ = good_ && cbor_value_enter_container(&outside, &at_) == CborNoError;
        while (!at_end()) each();
        good_ = good_ && cbor_value_leave_container(&outside, &at_) == CborNoError;
        at_ = outside;
    }
    // Nothing behind it.
    bool ends(std::string_view bytes) const {
        return good_ && cbor_value_get_next_byte(&at_) == raw(bytes.data()) + bytes.size();
    }

private:
    // Its bytes end where the next value begins.
    std::string_view string(bool is) {
        std::size_t size = 0;
        good_ = good_ && is && cbor_value_is_length_known(&at_) &&
                cbor_value_get_string_length(&at_, &size) == CborNoError && cbor_value_advance(&at_) == CborNoError;
        if (!good_) return {};
        return {reinterpret_cast<const char*>(cbor_value_get_next_byte(&at_)) - size, size};
    }
    CborParser parser_{};
    CborValue at_{};
    bool good_ = false;
};

}  // namespace holdfast::catalog::wire
