#include "catalog/change.hpp"

#include <algorithm>
#include <tinycbor/cbor.h>

namespace holdfast::catalog {

namespace {

constexpr std::size_t most_fields = 4096, most_seen = 1024, heads = 32;

const std::uint8_t* raw(const char* bytes) {
    return reinterpret_cast<const std::uint8_t*>(bytes);
}

void put_text(CborEncoder* into, std::string_view text) {
    cbor_encode_text_string(into, text.data(), text.size());
}

void put_seen(CborEncoder* into, const std::vector<Seen>& all) {
    CborEncoder inside{};
    cbor_encoder_create_array(into, &inside, 2 * all.size());
    for (const auto& each : all) {
        cbor_encode_byte_string(&inside, each.origin.data(), each.origin.size());
        cbor_encode_uint(&inside, each.sequence);
    }
    cbor_encoder_close_container(into, &inside);
}

// One array of path, value or nothing, and what it takes the place of where that is something of others.
void put_field(CborEncoder* into, const FieldChange& field) {
    CborEncoder inside{};
    cbor_encoder_create_array(into, &inside, field.over.empty() ? 2 : 3);
    put_text(&inside, field.path);
    if (field.value)
        cbor_encode_byte_string(&inside, raw(field.value->data()), field.value->size());
    else
        cbor_encode_null(&inside);
    if (!field.over.empty()) put_seen(&inside, field.over);
    cbor_encoder_close_container(into, &inside);
}

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

std::size_t bound_of(const std::vector<Seen>& seen) {
    return heads + seen.size() * (sizeof(Digest) + heads);
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

Seen read_one(Reader& from, bool& good) {
    Seen one;
    const auto origin = from.bytes();
    good = good && origin.size() == one.origin.size();
    if (good) std::ranges::copy(origin, one.origin.begin());
    one.sequence = from.number();
    return one;
}

bool read_seen(Reader& from, std::vector<Seen>& into) {
    bool good = true;
    from.array(0, 2 * most_seen, [&] { into.push_back(read_one(from, good)); });
    return good;
}

}  // namespace

std::string write_change(const EntityChange& change) {
    std::size_t bound = heads + change.entity.size();
    for (const auto& each : change.fields)
        bound += heads + each.path.size() + (each.value ? each.value->size() : 0) + bound_of(each.over);
    return encoded(bound, [&](CborEncoder* into) {
        CborEncoder all{}, fields{};
        cbor_encoder_create_array(into, &all, 2);
        put_text(&all, change.entity);
        cbor_encoder_create_array(&all, &fields, change.fields.size());
        for (const auto& each : change.fields) put_field(&fields, each);
        cbor_encoder_close_container(&all, &fields);
        cbor_encoder_close_container(into, &all);
    });
}

std::string write_removal(const EntityRemoval& removal) {
    return encoded(heads + removal.entity.size() + bound_of(removal.seen), [&](CborEncoder* into) {
        CborEncoder all{};
        cbor_encoder_create_array(into, &all, 2);
        put_text(&all, removal.entity);
        put_seen(&all, removal.seen);
        cbor_encoder_close_container(into, &all);
    });
}

Result<EntityChange> parse_change(std::string_view bytes) {
    Reader reader(bytes);
    EntityChange change;
    bool good = true;
    const auto field = [&] {
        FieldChange& one = change.fields.emplace_back();
        reader.array(2, 3, [&] {
            one.path = reader.text();
            one.value = reader.bytes_or_none();
            if (!reader.at_end()) good = read_seen(reader, one.over) && good;
        });
    };
    reader.array(2, 2, [&] {
        change.entity = reader.text();
        reader.array(0, most_fields, field);
    });
    if (!good || !reader.ends(bytes)) return fail(Code::Corrupt, "no change of an entity");
    return change;
}

Result<EntityRemoval> parse_removal(std::string_view bytes) {
    Reader reader(bytes);
    EntityRemoval removal;
    bool good = true;
    reader.array(2, 2, [&] {
        removal.entity = reader.text();
        good = read_seen(reader, removal.seen);
    });
    if (!good || !reader.ends(bytes)) return fail(Code::Corrupt, "no removal of an entity");
    return removal;
}

}  // namespace holdfast::catalog
