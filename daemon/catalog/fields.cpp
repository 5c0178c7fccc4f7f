#include "catalog/fields.hpp"

#include "base/cbor.hpp"

namespace holdfast::catalog {

namespace {

using Pointer = Json::json_pointer;

constexpr std::size_t value_limit = 512UL * 1024;

void take_apart(const Json& value, const Pointer& place, Fields& into) {
    if (!value.is_object() || (value.empty() && !place.empty())) {
        into[place.to_string()] = cbor::write(value);
        return;
    }
    for (const auto& [name, each] : value.items()) take_apart(each, place / name, into);
}

Result<Pointer> pointer(const std::string& path) {
    try {
        return Pointer(path);
    } catch (const Json::exception&) {
        return fail(Code::Corrupt, "'" + path + "' is no path of a field");
    }
}

// The maps on the way to that place, made where there are none.
Json& place_in(Json& document, const Pointer& place) {
    if (place.empty()) return document;
    Json& above = place_in(document, place.parent_pointer());
    if (!above.is_object()) above = Json::object();
    return above[place.back()];
}

}  // namespace

Result<Json> value_at(const std::string& path, std::string_view bytes) {
    return in(path, cbor::parse(bytes, value_limit));
}

Fields fields_of(const Json& document) {
    Fields all;
    take_apart(document, Pointer(), all);
    return all;
}

// A place comes before those inside it.
Result<Json> document_of(const Fields& fields) {
    Json document = Json::object();
    for (const auto& [path, bytes] : fields) {
        const Pointer place = TRY(pointer(path));
        place_in(document, place) = TRY(value_at(path, bytes));
    }
    return document;
}

}  // namespace holdfast::catalog
