#include "catalog/state.hpp"

#include "catalog/wire.hpp"

namespace holdfast::catalog {

namespace {

using wire::Reader;

void put_dots(CborEncoder* into, const std::vector<Dot>& dots) {
    CborEncoder inside{};
    cbor_encoder_create_array(into, &inside, 2 * dots.size());
    for (const auto& each : dots) {
        cbor_encode_uint(&inside, each.node);
        cbor_encode_uint(&inside, each.sequence);
    }
    cbor_encoder_close_container(into, &inside);
}

void put_versions(CborEncoder* into, const std::vector<Version>& versions) {
    CborEncoder inside{};
    cbor_encoder_create_array(into, &inside, 5 * versions.size());
    for (const auto& each : versions) {
        cbor_encode_uint(&inside, each.dot.node);
        cbor_encode_uint(&inside, each.dot.sequence);
        cbor_encode_int(&inside, each.at.wall);
        cbor_encode_uint(&inside, each.at.count);
        if (each.value)
            cbor_encode_byte_string(&inside, wire::raw(each.value->data()), each.value->size());
        else
            cbor_encode_null(&inside);
    }
    cbor_encoder_close_container(into, &inside);
}

std::size_t bound_of(const Merged& merged) {
    std::size_t bound = wire::heads * (1 + merged.removed().size());
    for (const auto& field : merged.fields()) {
        bound += wire::heads * (1 + field.covered.size() + 2 * field.versions.size()) + field.path.size();
        for (const auto& each : field.versions) bound += each.value ? each.value->size() : 0;
    }
    return bound;
}

// In the order of nodes, each once.
std::vector<Dot> read_dots(Reader& from, bool& good) {
    std::vector<Dot> dots;
    from.array(0, SIZE_MAX, [&] {
        const Dot dot{from.number32(), from.number()};
        good = good && (dots.empty() || dots.back().node < dot.node);
        dots.push_back(dot);
    });
    return dots;
}

std::vector<Version> read_versions(Reader& from, bool& good) {
    std::vector<Version> versions;
    from.array(0, SIZE_MAX, [&] {
        Version one{{from.number32(), from.number()}, {}, {}};
        one.at.wall = from.integer();
        one.at.count = from.number32();
        one.value = from.bytes_or_none();
        good = good && (versions.empty() || versions.back().dot.node < one.dot.node);
        versions.push_back(std::move(one));
    });
    return versions;
}

}  // namespace

std::string write_state(const Merged& merged) {
    return wire::encoded(bound_of(merged), [&](CborEncoder* into) {
        CborEncoder all{};
        cbor_encoder_create_array(into, &all, 1 + 3 * merged.fields().size());
        put_dots(&all, merged.removed());
        for (const auto& field : merged.fields()) {
            wire::put_text(&all, field.path);
            put_dots(&all, field.covered);
            put_versions(&all, field.versions);
        }
        cbor_encoder_close_container(into, &all);
    });
}

Result<Merged> parse_state(std::string_view bytes) {
    Reader reader(bytes);
    bool good = true;
    std::vector<Dot> removed;
    std::vector<Field> fields;
    reader.array(1, SIZE_MAX, [&] {
        removed = read_dots(reader, good);
        while (!reader.at_end()) {
            Field field{std::string(reader.text()), {}, {}};
            field.covered = read_dots(reader, good);
            field.versions = read_versions(reader, good);
            good = good && (fields.empty() || fields.back().path < field.path);
            fields.push_back(std::move(field));
        }
    });
    if (!good || !reader.ends()) return fail(Code::Corrupt, "the state of an entity is none");
    return Merged(std::move(fields), std::move(removed));
}

}  // namespace holdfast::catalog
