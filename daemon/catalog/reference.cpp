#include "catalog/reference.hpp"

#include "base/text.hpp"

namespace holdfast::catalog {

// A colon behind the slash belongs to the name.
Result<Reference> parse_reference(std::string_view word, std::string_view kind, std::string_view space) {
    constexpr auto none = std::string_view::npos;
    const auto wrong = [&](const std::string& what) {
        return fail(Code::Corrupt, "'" + std::string(word) + "' names no entity: " + what +
                                       "; it is [KIND:][NAMESPACE/]NAME, as in component:default/pump");
    };
    const auto slash = word.find('/');
    auto colon = word.find(':');
    if (slash != none && colon != none && slash < colon) colon = none;
    const std::size_t behind_kind = colon == none ? 0 : colon + 1;
    const std::size_t behind_space = slash == none ? behind_kind : slash + 1;
    const Reference found{std::string(colon == none ? kind : word.substr(0, colon)),
                          std::string(slash == none ? space : word.substr(behind_kind, slash - behind_kind)),
                          std::string(word.substr(behind_space))};
    if (found.kind.empty()) return wrong("it has no kind");
    if (found.space.empty()) return wrong("its namespace is empty");
    if (found.name.empty()) return wrong("its name is empty");
    return found;
}

std::string text(const Reference& reference) {
    return small(reference.kind + ":" + reference.space + "/" + reference.name);
}

bool is_entity(std::string_view name) {
    const auto found = parse_reference(name);
    return name.size() <= entity_name_limit && found && text(*found) == name;
}

}  // namespace holdfast::catalog
