// The catalog of this box over HTTP, as Backstage's own REST API: read only, for programs on the box.
#pragma once

#include "catalog/store.hpp"
#include "feed/store.hpp"

#include <filesystem>
#include <functional>
#include <string>

namespace holdfast::portal {

struct Listening {
    std::string address = "127.0.0.1";
    int port = 7007;               // 0: one that is free; below 0: none
    std::filesystem::path socket;  // "": none
};

// GET and POST below /api/catalog, as catalog/rest.hpp says; 413 for bodies over its limit. What the feeds have is
// taken in before an answer is made. Serves until SIGTERM or SIGINT; `ready` is called once with the port.
Result<> serve(catalog::Store& catalog, feed::Store& feeds, const Listening& listening,
               const std::function<void(int)>& ready);

}  // namespace holdfast::portal
