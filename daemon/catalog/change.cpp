#include "catalog/change.hpp"

#include "catalog/wire.hpp"

#include <algorithm>

namespace holdfast::catalog {

namespace {

using wire::encoded, wire::heads, wire::put_text, wire::raw, wire::Reader;

constexpr std::size_t most_fields = 4096, most_seen = 1024;

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

std::size_t bound_of(const std::vector<Seen>& seen) {
    return heads + seen.size() * (sizeof(Digest) + heads);
}

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
    from.array(0, 2 * most_seen, [&] {
        if (into.empty()) into.reserve(from.left() / 2);
        into.push_back(read_one(from, good));
    });
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
        if (change.fields.empty()) change.fields.reserve(reader.left());
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
    if (!good || !reader.ends()) return fail(Code::Corrupt, "no change of an entity");
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
    if (!good || !reader.ends()) return fail(Code::Corrupt, "no removal of an entity");
    return removal;
}

}  // namespace holdfast::catalog
