#include "catalog/rest.hpp"

#include "base/text.hpp"
#include "catalog/predicate.hpp"
#include "catalog/query.hpp"
#include "catalog/reference.hpp"
#include "catalog/search.hpp"
#include "catalog/validate.hpp"

#include <charconv>

namespace holdfast::catalog {

namespace {

constexpr std::uint64_t page = 20, most_on_a_page = 10'000;
constexpr std::size_t most_refs = 10'000;

using Words = std::vector<std::string>;

Words all_of(const RestRequest& request, const std::string& key) {
    Words all;
    const auto [first, last] = request.query.equal_range(key);
    for (auto at = first; at != last; ++at) all.push_back(at->second);
    return all;
}

std::string one_of(const RestRequest& request, const std::string& key) {
    const auto all = all_of(request, key);
    return all.empty() ? "" : all.front();
}

// Of lists that come as "a,b" or several times.
Words listed(const RestRequest& request, const std::string& key) {
    Words all;
    for (const auto& each : all_of(request, key))
        for (const auto& word : split(each, ','))
            if (!trim(word).empty()) all.emplace_back(trim(word));
    return all;
}

Result<std::uint64_t> number(const std::string& word, const char* key) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (error != std::errc() || end != word.data() + word.size() || word.empty())
        return fail(Code::Corrupt, "Invalid " + std::string(key) + " parameter, '" + word + "' is no whole number");
    return value;
}

Result<std::uint64_t> number(const RestRequest& request, const char* key, std::uint64_t otherwise) {
    const auto word = one_of(request, key);
    return word.empty() ? Result<std::uint64_t>(otherwise) : number(word, key);
}

Result<std::vector<Filter>> filters(const RestRequest& request) {
    std::vector<Filter> any;
    for (const auto& each : all_of(request, "filter")) any.push_back(TRY(parse_filter(each)));
    return any;
}

// ---- parts of entities --------------------------------------------------------------------------------------------

// The place in `from` that a path with dots means, as the keys that lead there; a key may have dots itself.
bool find_path(const Json& from, std::string_view path, Words& keys) {
    if (!from.is_object()) return false;
    for (std::size_t dot = path.find('.');; dot = path.find('.', dot + 1)) {
        const std::string key(path.substr(0, dot));
        if (const auto found = from.find(key); found != from.end()) {
            keys.push_back(key);
            if (dot == std::string_view::npos || find_path(*found, path.substr(dot + 1), keys)) return true;
            keys.pop_back();
        }
        if (dot == std::string_view::npos) return false;
    }
}

Json part_of(const Json& entity, const Words& fields) {
    if (fields.empty()) return entity;
    Json part = Json::object();
    for (const auto& path : fields) {
        Words keys;
        if (!find_path(entity, path, keys)) continue;
        const Json* from = &entity;
        Json* into = &part;
        for (const auto& key : keys) {
            from = &from->at(key);
            into = &(*into)[key];
        }
        *into = *from;
    }
    return part;
}

// ---- answers ------------------------------------------------------------------------------------------------------

RestAnswer refusal(const RestRequest& request, int status, const std::string& name, const std::string& message) {
    return {status,
            {{"error", {{"name", name}, {"message", message}}},
             {"request", {{"method", request.method}, {"url", "/api/catalog" + request.path}}},
             {"response", {{"statusCode", status}}}}};
}

RestAnswer told(const RestRequest& request, const Result<RestAnswer>& answer) {
    if (answer) return *answer;
    switch (answer.error().code) {
        case Code::Corrupt: return refusal(request, 400, "InputError", answer.error().what);
        case Code::NotFound: return refusal(request, 404, "NotFoundError", answer.error().what);
        default: return refusal(request, 503, "ServiceUnavailableError", answer.error().what);
    }
}

Result<Json> entities(Store& store, const Words& names, const Words& fields) {
    Json all = Json::array();
    for (const auto& name : names)
        if (const auto entity = TRY(store.get(name))) all.push_back(part_of(entity->document, fields));
    return all;
}

Result<RestAnswer> list(Store& store, const RestRequest& request) {
    Query query;
    query.any = TRY(filters(request));
    query.limit = TRY(number(request, "limit", UINT64_MAX));
    query.offset = TRY(number(request, "offset", 0));
    for (const auto& each : all_of(request, "order")) {
        const auto colon = each.find(':');
        const std::string how = each.substr(0, colon);
        if (colon == std::string::npos || (how != "asc" && how != "desc"))
            return fail(Code::Corrupt, "Invalid order parameter '" + each + "', expected <asc or desc>:<field>");
        query.order.push_back({small(each.substr(colon + 1)), how == "desc"});
    }
    const auto names = TRY(find(store, query));
    return RestAnswer{200, TRY(entities(store, names, listed(request, "fields")))};
}

// ---- pages --------------------------------------------------------------------------------------------------------

struct Paged {
    Query query;
    bool counted = true;
};

Json in_json(const std::vector<Filter>& any) {
    Json all = Json::array();
    for (const auto& filter : any) {
        Json& told = all.emplace_back(Json::array());
        for (const auto& each : filter) told.push_back({{"key", each.key}, {"values", each.values}});
    }
    return all;
}

// The question itself goes with the client from page to page: nothing is remembered here.
std::string cursor_of(const Query& query) {
    Json order = Json::array();
    for (const auto& each : query.order) order.push_back({{"key", each.key}, {"descending", each.descending}});
    const std::string text = json::write({{"any", in_json(query.any)},
                                          {"words", query.words},
                                          {"keys", query.word_keys},
                                          {"order", order},
                                          {"offset", query.offset},
                                          {"limit", query.limit},
                                          {"after", query.after},
                                          {"before", query.before}});
    return hex({reinterpret_cast<const unsigned char*>(text.data()), text.size()});
}

Result<Query> query_of(const std::string& cursor) {
    constexpr auto wrong = "Malformed cursor, could not be parsed";
    const auto text = unhex(cursor);
    if (!text) return fail(Code::Corrupt, wrong);
    try {
        const Json told = TRY(json::parse(*text, rest_body_limit));
        Query query{.any = {},
                    .words = told.at("words"),
                    .word_keys = told.at("keys"),
                    .order = {},
                    .offset = told.at("offset"),
                    .limit = told.at("limit"),
                    .after = told.at("after"),
                    .before = told.at("before")};
        for (const auto& filter : told.at("any")) {
            auto& made = query.any.emplace_back();
            for (const auto& each : filter) made.push_back({each.at("key"), each.at("values")});
        }
        for (const auto& each : told.at("order")) query.order.push_back({each.at("key"), each.at("descending")});
        return query;
    } catch (const Json::exception&) {
        return fail(Code::Corrupt, wrong);
    }
}

Result<Order> order_of(const std::string& field, const std::string& how) {
    if (how != "asc" && how != "desc")
        return fail(Code::Corrupt, "Invalid order field order '" + how + "', must be 'asc' or 'desc'");
    return Order{small(field), how == "desc"};
}

Result<Paged> asked_by_get(const RestRequest& request) {
    Paged asked;
    Query& query = asked.query;
    if (const auto cursor = one_of(request, "cursor"); !cursor.empty()) {
        query = TRY(query_of(cursor));
        query.limit = TRY(number(request, "limit", query.limit));
    } else {
        query.any = TRY(filters(request));
        query.limit = TRY(number(request, "limit", page));
        query.offset = TRY(number(request, "offset", 0));
        query.words = one_of(request, "fullTextFilterTerm");
        for (const auto& each : listed(request, "fullTextFilterFields")) query.word_keys.push_back(small(each));
        for (const auto& each : all_of(request, "orderField")) {
            const auto comma = each.find(',');
            query.order.push_back(
                TRY(order_of(each.substr(0, comma), comma == std::string::npos ? "asc" : each.substr(comma + 1))));
        }
    }
    asked.counted = one_of(request, "totalItems") != "exclude";
    return asked;
}

Result<Paged> asked_by_post(const Json& body) {
    Paged asked;
    Query& query = asked.query;
    try {
        if (body.contains("cursor")) {
            query = TRY(query_of(body.at("cursor")));
            query.limit = body.value("limit", query.limit);
            return asked;
        }
        if (body.contains("query")) query.any = TRY(filters_of(body.at("query")));
        query.limit = body.value("limit", page);
        query.offset = body.value("offset", std::uint64_t{0});
        const Json words = body.value("fullTextFilter", Json::object());
        query.words = words.value("term", "");
        for (const std::string each : words.value("fields", Json::array())) query.word_keys.push_back(small(each));
        for (const auto& each : body.value("orderBy", Json::array()))
            query.order.push_back(TRY(order_of(each.at("field"), each.value("order", "asc"))));
        asked.counted = body.value("totalItems", "include") != "exclude";
        return asked;
    } catch (const Json::exception& error) {
        return fail(Code::Corrupt, std::string("Malformed request: ") + error.what());
    }
}

// What leads to the pages beside this one.
Json beside(const Query& query, const Words& names, bool more) {
    Json info = Json::object();
    Query next = query, before = query;
    next.after = next.before = before.after = before.before = "";
    if (query.order.empty()) {
        next.offset = before.offset = 0;
        if (more && !names.empty()) {
            next.after = names.back();
            info["nextCursor"] = cursor_of(next);
        }
        if ((!query.after.empty() || query.offset > 0 || !query.before.empty()) && !names.empty()) {
            before.before = names.front();
            info["prevCursor"] = cursor_of(before);
        }
        return info;
    }
    if (more) {
        next.offset = query.offset + names.size();
        info["nextCursor"] = cursor_of(next);
    }
    if (query.offset > 0) {
        before.offset = query.offset - std::min(query.offset, query.limit);
        info["prevCursor"] = cursor_of(before);
    }
    return info;
}

Result<RestAnswer> pages(Store& store, const Paged& asked, const Words& fields) {
    Query query = asked.query;
    query.limit = std::min(query.limit, most_on_a_page);
    // One more tells whether there is a page behind; going back there is one.
    Query look = query;
    look.limit += query.before.empty() ? 1 : 0;
    auto names = TRY(find(store, look));
    const bool more = !query.before.empty() || names.size() > query.limit;
    if (query.before.empty() && names.size() > query.limit) names.resize(query.limit);
    Json body{
        {"items", TRY(entities(store, names, fields))}, {"totalItems", 0}, {"pageInfo", beside(query, names, more)}};
    if (asked.counted) {
        Query all = query;
        all.after = all.before = "";
        body["totalItems"] = TRY(count(store, all));
    }
    return RestAnswer{200, body};
}

// ---- by name ------------------------------------------------------------------------------------------------------

Result<RestAnswer> by_name(Store& store, const Words& parts) {
    const Reference who{parts[0], parts[1], parts[2]};
    if (const auto entity = TRY(store.get(text(who)))) return RestAnswer{200, entity->document};
    return fail(Code::NotFound, "No entity named '" + who.name + "' found, with kind '" + who.kind +
                                    "' in namespace '" + who.space + "'");
}

Result<RestAnswer> by_uid(Store& store, const std::string& uid) {
    Query query;
    query.any = {{{"metadata.uid", {small(uid)}}}};
    const auto names = TRY(find(store, query));
    if (names.empty()) return fail(Code::NotFound, "No entity with uid " + uid);
    return RestAnswer{200, TRY(store.get(names.front()))->document};
}

Result<RestAnswer> by_refs(Store& store, const RestRequest& request, const Json& body) {
    auto any = TRY(filters(request));
    if (body.contains("query")) any = TRY(filters_of(body.at("query")));
    const Json refs = body.value("entityRefs", Json());
    if (!refs.is_array() || refs.size() > most_refs)
        return fail(Code::Corrupt, "entityRefs must be a list of 10,000 names at most");
    Words fields = listed(request, "fields");
    for (const auto& each : body.value("fields", Json::array()))
        if (each.is_string()) fields.push_back(each);
    Json items = Json::array();
    for (const auto& each : refs) {
        if (!each.is_string()) return fail(Code::Corrupt, "entityRefs must be a list of names");
        const auto who = TRY(parse_reference(each.get<std::string>()));
        const auto entity = TRY(store.get(text(who)));
        const bool wanted = entity && meets(terms(entity->document), any);
        items.push_back(wanted ? part_of(entity->document, fields) : Json());
    }
    return RestAnswer{200, {{"items", items}}};
}

Result<RestAnswer> count_facets(Store& store, const Query& query, const Words& keys) {
    if (keys.empty()) return fail(Code::Corrupt, "Missing facet parameter");
    Json all = Json::object();
    for (const auto& key : keys) {
        Json& told = all[key] = Json::array();
        for (const auto& each : TRY(facets(store, query, key)))
            told.push_back({{"value", each.value}, {"count", each.count}});
    }
    return RestAnswer{200, {{"facets", all}}};
}

RestAnswer validity(const Json& body) {
    const auto said = objections(body.value("entity", Json()));
    if (said.empty()) return {200, Json::object()};
    Json errors = Json::array();
    for (const auto& each : said) errors.push_back({{"name", "InputError"}, {"message", each}});
    return {400, {{"errors", errors}}};
}

Result<RestAnswer> get(Store& store, const RestRequest& request) {
    const auto parts = split(request.path, '/');
    if (request.path == "/entities") return list(store, request);
    if (request.path == "/entities/by-query") {
        const auto asked = TRY(asked_by_get(request));
        return pages(store, asked, listed(request, "fields"));
    }
    if (request.path == "/entity-facets") {
        Query query;
        query.any = TRY(filters(request));
        return count_facets(store, query, all_of(request, "facet"));
    }
    if (parts.size() == 6 && request.path.starts_with("/entities/by-name/"))
        return by_name(store, {parts[3], parts[4], parts[5]});
    if (parts.size() == 4 && request.path.starts_with("/entities/by-uid/")) return by_uid(store, parts[3]);
    return fail(Code::NotFound, "there is no " + request.path + " in the read side of the catalog");
}

Result<RestAnswer> post(Store& store, const RestRequest& request) {
    const Json body = TRY(json::parse(request.body, rest_body_limit));
    if (!body.is_object()) return fail(Code::Corrupt, "the body must be a map");
    if (request.path == "/entities/by-refs") return by_refs(store, request, body);
    if (request.path == "/validate-entity") return validity(body);
    if (request.path == "/entities/by-query") {
        const auto asked = TRY(asked_by_post(body));
        Words fields;
        for (const auto& each : body.value("fields", Json::array()))
            if (each.is_string()) fields.push_back(each);
        return pages(store, asked, fields);
    }
    if (request.path == "/entity-facets") {
        Query query;
        if (body.contains("query")) query.any = TRY(filters_of(body.at("query")));
        Words keys;
        for (const auto& each : body.value("facets", Json::array()))
            if (each.is_string()) keys.push_back(each);
        return count_facets(store, query, keys);
    }
    return fail(Code::NotFound, "there is no " + request.path + " in the read side of the catalog");
}

}  // namespace

RestAnswer rest(Store& store, const RestRequest& request) {
    if (request.method == "GET") return told(request, get(store, request));
    if (request.method == "POST") return told(request, post(store, request));
    return refusal(request, 405, "NotAllowedError",
                   "the catalog of a box is only read here; write with: holdfast catalog");
}

}  // namespace holdfast::catalog
