// The read side of Backstage's catalog REST API (plugin-catalog-backend, openapi.yaml), without a server around it.
#pragma once

#include "catalog/store.hpp"

#include <map>
#include <string>

namespace holdfast::catalog {

struct RestRequest {
    std::string method, path;  // path from /entities on, decoded
    std::multimap<std::string, std::string> query;
    std::string body;
};
struct RestAnswer {
    int status = 200;
    Json body;
};

inline constexpr std::size_t rest_body_limit = 1024UL * 1024;

// GET /entities, /entities/by-query, /entities/by-name/KIND/NAMESPACE/NAME, /entities/by-uid/UID, /entity-facets;
// POST /entities/by-refs, /entities/by-query, /entity-facets, /validate-entity. What is wrong with a request is told as
// Backstage tells it: {"error": {"name", "message"}, "request", "response": {"statusCode"}}.
RestAnswer rest(Store& store, const RestRequest& request);

}  // namespace holdfast::catalog
