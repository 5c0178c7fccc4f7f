#include "base/cbor.hpp"

#include <algorithm>
#include <tinycbor/cbor.h>

namespace holdfast::cbor {

namespace {

constexpr int depth_limit = 32;

constexpr std::uint32_t the_one_encoding =
    CborValidateCanonicalFormat | CborValidateMapKeysAreUnique | CborValidateMapKeysAreString | CborValidateUtf8 |
    CborValidateNoUndefined | CborValidateNoTags | CborValidateFiniteFloatingPoint | CborValidateCompleteData;

// The shortest encoding that is exact (RFC 8949, section 4.2.1).
void encode_float(CborEncoder* into, double number) {
    const auto single = static_cast<float>(number);
    if (static_cast<double>(single) != number)
        cbor_encode_double(into, number);
    else if (static_cast<float>(static_cast<_Float16>(single)) != single)
        cbor_encode_float(into, single);
    else
        cbor_encode_float_as_half_float(into, single);
}

// Errors for want of room are no errors here: the encoder goes on counting.
void encode(CborEncoder* into, const Json& value);

void encode_map(CborEncoder* into, const Json& value) {
    std::vector<std::pair<std::string_view, const Json*>> members;
    for (const auto& [key, member] : value.items()) members.emplace_back(key, &member);
    // Shorter keys first, as their encodings begin with their length.
    std::ranges::sort(members, [](const auto& a, const auto& b) {
        return std::pair(a.first.size(), a.first) < std::pair(b.first.size(), b.first);
    });
    CborEncoder inside{};
    cbor_encoder_create_map(into, &inside, members.size());
    for (const auto& [key, member] : members) {
        cbor_encode_text_string(&inside, key.data(), key.size());
        encode(&inside, *member);
    }
    cbor_encoder_close_container(into, &inside);
}

void encode_array(CborEncoder* into, const Json& value) {
    CborEncoder inside{};
    cbor_encoder_create_array(into, &inside, value.size());
    for (const auto& member : value) encode(&inside, member);
    cbor_encoder_close_container(into, &inside);
}

void encode(CborEncoder* into, const Json& value) {
    switch (value.type()) {
        case Json::value_t::object: encode_map(into, value); break;
        case Json::value_t::array: encode_array(into, value); break;
        case Json::value_t::string: {
            const auto& text = value.get_ref<const std::string&>();
            cbor_encode_text_string(into, text.data(), text.size());
            break;
        }
        case Json::value_t::binary:
            cbor_encode_byte_string(into, value.get_binary().data(), value.get_binary().size());
            break;
        case Json::value_t::boolean: cbor_encode_boolean(into, value.get<bool>()); break;
        case Json::value_t::number_integer: cbor_encode_int(into, value.get<std::int64_t>()); break;
        case Json::value_t::number_unsigned: cbor_encode_uint(into, value.get<std::uint64_t>()); break;
        case Json::value_t::number_float: encode_float(into, value.get<double>()); break;
        case Json::value_t::null:
        case Json::value_t::discarded: cbor_encode_null(into); break;
    }
}

std::unexpected<Error> failed(CborError error) {
    return fail(Code::Corrupt, std::string("not deterministic CBOR: ") + cbor_error_string(error));
}

Result<> decode(CborValue* at, Json& into, int depth);

template <class Take>
Result<> each_inside(CborValue* at, int depth, const Take& take) {
    if (depth > depth_limit) return fail(Code::Corrupt, "CBOR nested deeper than 32");
    CborValue inside{};
    if (const auto error = cbor_value_enter_container(at, &inside); error != CborNoError) return failed(error);
    while (!cbor_value_at_end(&inside)) TRY(take(&inside));
    if (const auto error = cbor_value_leave_container(at, &inside); error != CborNoError) return failed(error);
    return {};
}

// A text or a byte string; validated before, so that its length is true.
template <class Copy>
Result<std::string> string_at(CborValue* at, Copy copy) {
    std::size_t size = 0;
    if (const auto error = cbor_value_get_string_length(at, &size); error != CborNoError) return failed(error);
    std::string text(size, '\0');
    if (const auto error = copy(text, size); error != CborNoError) return failed(error);
    return text;
}

Result<std::string> text_at(CborValue* at) {
    return string_at(at, [&](std::string& text, std::size_t& size) {
        return cbor_value_copy_text_string(at, text.data(), &size, at);
    });
}

Result<> decode_map(CborValue* at, Json& into, int depth) {
    into = Json::object();
    return each_inside(at, depth, [&](CborValue* inside) -> Result<> {
        if (!cbor_value_is_text_string(inside)) return fail(Code::Corrupt, "a key of CBOR is no text");
        const std::string key = TRY(text_at(inside));
        return decode(inside, into[key], depth + 1);
    });
}

Result<> decode_integer(CborValue* at, Json& into) {
    if (cbor_value_is_unsigned_integer(at)) {
        std::uint64_t number = 0;
        cbor_value_get_uint64(at, &number);
        into = number;
        return {};
    }
    std::int64_t number = 0;
    if (cbor_value_get_int64_checked(at, &number) != CborNoError)
        return fail(Code::Corrupt, "a number of CBOR that does not fit into 64 bits");
    into = number;
    return {};
}

double float_at(const CborValue* at) {
    double number = 0;
    float single = 0;
    if (cbor_value_is_double(at)) {
        cbor_value_get_double(at, &number);
        return number;
    }
    if (cbor_value_is_float(at))
        cbor_value_get_float(at, &single);
    else
        cbor_value_get_half_float_as_float(at, &single);
    return static_cast<double>(single);
}

Result<> decode_simple(CborValue* at, Json& into) {
    if (cbor_value_is_integer(at)) {
        TRY(decode_integer(at, into));
    } else if (cbor_value_is_boolean(at)) {
        bool answer = false;
        cbor_value_get_boolean(at, &answer);
        into = answer;
    } else if (cbor_value_is_double(at) || cbor_value_is_float(at) || cbor_value_is_half_float(at)) {
        into = float_at(at);
    } else if (cbor_value_is_null(at)) {
        into = nullptr;
    } else {
        return fail(Code::Corrupt, "a kind of CBOR value that is not taken");
    }
    if (const auto error = cbor_value_advance_fixed(at); error != CborNoError) return failed(error);
    return {};
}

Result<> decode(CborValue* at, Json& into, int depth) {
    if (cbor_value_is_map(at)) return decode_map(at, into, depth);
    if (cbor_value_is_array(at)) {
        into = Json::array();
        return each_inside(
            at, depth, [&](CborValue* inside) -> Result<> { return decode(inside, into.emplace_back(), depth + 1); });
    }
    if (cbor_value_is_text_string(at)) {
        into = TRY(text_at(at));
        return {};
    }
    if (!cbor_value_is_byte_string(at)) return decode_simple(at, into);
    into = binary(TRY(string_at(at, [&](std::string& text, std::size_t& size) {
        return cbor_value_copy_byte_string(at, reinterpret_cast<std::uint8_t*>(text.data()), &size, at);
    })));
    return {};
}

}  // namespace

std::string write(const Json& value) {
    std::string bytes;
    for (int round = 0; round < 2; ++round) {
        CborEncoder encoder{};
        cbor_encoder_init(&encoder, reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size(), 0);
        encode(&encoder, value);
        if (round == 0) bytes.resize(cbor_encoder_get_extra_bytes_needed(&encoder));
    }
    return bytes;
}

Result<Json> parse(std::string_view bytes, std::size_t limit) {
    if (bytes.size() > limit) return fail(Code::Corrupt, "more than " + std::to_string(limit) + " bytes");
    CborParser parser{};
    CborValue at{};
    const auto* begin = reinterpret_cast<const std::uint8_t*>(bytes.data());
    auto error = cbor_parser_init(begin, bytes.size(), 0, &parser, &at);
    if (error == CborNoError) error = cbor_value_validate(&at, the_one_encoding);
    if (error != CborNoError) return failed(error);
    Json value;
    TRY(decode(&at, value, 1));
    return value;
}

Json binary(std::string_view bytes) {
    return Json::binary({bytes.begin(), bytes.end()});
}

Result<std::string> bytes(const Json& value, const char* key, std::size_t limit) {
    const auto found = value.is_object() ? value.find(key) : value.end();
    if (found == value.end()) return fail(Code::Corrupt, std::string(key) + ": is missing");
    if (!found->is_binary()) return fail(Code::Corrupt, std::string(key) + ": must be bytes");
    const auto& said = found->get_binary();
    if (said.size() > limit) return fail(Code::Corrupt, std::string(key) + ": longer than " + std::to_string(limit));
    return std::string(said.begin(), said.end());
}

Result<std::uint64_t> count(const Json& value, const char* key) {
    const auto found = value.is_object() ? value.find(key) : value.end();
    if (found == value.end() || !found->is_number_unsigned())
        return fail(Code::Corrupt, std::string(key) + ": must be a number from 0 on");
    return found->get<std::uint64_t>();
}

}  // namespace holdfast::cbor
