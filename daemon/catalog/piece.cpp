#include "catalog/piece.hpp"

#include "catalog/reference.hpp"
#include "catalog/rows.hpp"
#include "catalog/state.hpp"
#include "catalog/wire.hpp"
#include "feed/packing.hpp"

#include <algorithm>

namespace holdfast::catalog {

namespace {

std::vector<Dot> renumbered(std::vector<Dot> dots, std::span<const std::uint32_t> numbers) {
    for (auto& each : dots) each.node = numbers[each.node];
    std::ranges::sort(dots);
    return dots;
}

}  // namespace

std::string write_piece(const std::vector<std::pair<std::string, Merged>>& entities) {
    std::vector<std::string> states;
    std::size_t bound = wire::heads;
    for (const auto& [name, merged] : entities) {
        states.push_back(write_state(merged));
        bound += name.size() + states.back().size() + wire::heads;
    }
    return wire::encoded(bound, [&](CborEncoder* into) {
        CborEncoder all{};
        cbor_encoder_create_array(into, &all, 2 * entities.size());
        for (std::size_t i = 0; i < entities.size(); ++i) {
            wire::put_text(&all, entities[i].first);
            cbor_encode_byte_string(&all, wire::raw(states[i].data()), states[i].size());
        }
        cbor_encoder_close_container(into, &all);
    });
}

Result<std::vector<std::pair<std::string, Merged>>> parse_piece(std::string_view plain, std::size_t nodes) {
    wire::Reader reader(plain);
    std::vector<std::pair<std::string, std::string_view>> read;
    reader.array(0, SIZE_MAX, [&] {
        std::string name(reader.text());
        read.emplace_back(std::move(name), reader.bytes());
    });
    if (!reader.ends()) return fail(Code::Corrupt, "a piece of a snapshot is none");
    std::vector<std::pair<std::string, Merged>> all;
    for (auto& [name, state] : read) {
        Merged merged = TRY(parse_state(state));
        if (!is_entity(name) || !is_of(merged, [nodes](std::uint32_t node) { return node < nodes; }))
            return fail(Code::Corrupt, "a piece of a snapshot is none");
        all.emplace_back(std::move(name), std::move(merged));
    }
    return all;
}

Result<std::vector<std::pair<std::string, Merged>>> unpack_piece(std::string_view packed,
                                                                 const feed::SnapshotHead& head) {
    const std::string plain = TRY(feed::decompress(packed));
    auto all = TRY(parse_piece(plain, head.feeds.size() + head.others.size()));
    for (const auto& [name, merged] : all)
        if (space_of(name) != head.site)
            return fail(Code::Corrupt, "a snapshot of the site " + head.site + " has " + name);
    return all;
}

Merged renumbered(const Merged& merged, std::span<const std::uint32_t> numbers) {
    std::vector<Field> fields = merged.fields();
    for (auto& field : fields) {
        field.covered = renumbered(std::move(field.covered), numbers);
        for (auto& each : field.versions) each.dot.node = numbers[each.dot.node];
        std::ranges::sort(field.versions, {}, &Version::dot);
    }
    return {std::move(fields), renumbered(merged.removed(), numbers)};
}

bool is_of(const Merged& merged, const std::function<bool(std::uint32_t node)>& known) {
    const auto fits = [&](const Dot& each) { return known(each.node); };
    return std::ranges::all_of(merged.removed(), fits) && std::ranges::all_of(merged.fields(), [&](const Field& each) {
               return std::ranges::all_of(each.covered, fits) &&
                      std::ranges::all_of(each.versions, fits, &Version::dot);
           });
}

}  // namespace holdfast::catalog
