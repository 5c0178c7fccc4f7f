#include "portal/portal.hpp"

#include "catalog/rest.hpp"
#include "web/server.hpp"

#include <cstdio>
#include <httplib.h>
#include <mutex>

namespace holdfast::portal {

namespace {

constexpr std::string_view base = "/api/catalog";

class Desk {
public:
    Desk(catalog::Store& catalog, feed::Store& feeds) : catalog_(catalog), feeds_(feeds) {}
    void answer(const httplib::Request& request, httplib::Response& response) {
        const std::scoped_lock one_by_one(mutex_);
        // Old answers are better than none.
        if (const auto taken = catalog_.catch_up(feeds_); !taken)
            std::fprintf(stderr, "holdfast-catalog: %s\n", taken.error().what.c_str());
        const auto answer =
            catalog::rest(catalog_, {request.method, request.path.substr(base.size()), request.params, request.body});
        response.status = answer.status;
        response.set_content(json::write(answer.body), "application/json; charset=utf-8");
    }

private:
    std::mutex mutex_;
    catalog::Store& catalog_;
    feed::Store& feeds_;
};

// A page of a browser that stands elsewhere gets nothing: a name that leads here is none of ours.
bool is_for_us(const httplib::Request& request) {
    const auto host = request.get_header_value("Host");
    const auto name = host.substr(0, host.rfind(':'));
    return host.empty() || name == "localhost" || name == "127.0.0.1" || name == "[::1]" || host == "[::1]";
}

void set_up(httplib::Server& server, Desk& desk) {
    server.set_payload_max_length(catalog::rest_body_limit);
    const auto handle = [&desk](const httplib::Request& request, httplib::Response& response) {
        if (is_for_us(request)) return desk.answer(request, response);
        response.status = 403;
    };
    const std::string all = std::string(base) + "/.*";
    server.Get(all, handle);
    server.Post(all, handle);
    server.Put(all, handle);
    server.Delete(all, handle);
}

}  // namespace

Result<> serve(catalog::Store& catalog, feed::Store& feeds, const Listening& listening,
               const std::function<void(int)>& ready) {
    Desk desk(catalog, feeds);
    httplib::Server line, file;
    std::vector<httplib::Server*> servers;
    int port = -1;
    if (listening.port >= 0) {
        set_up(line, desk);
        port = TRY(web::bind_port(line, listening.address, listening.port));
        servers.push_back(&line);
    }
    if (!listening.socket.empty()) {
        set_up(file, desk);
        TRY(web::bind_socket(file, listening.socket));
        servers.push_back(&file);
    }
    if (servers.empty()) return fail(Code::Corrupt, "neither a port nor a socket was given");
    const web::Ending ending(servers);
    ready(port);
    std::vector<std::thread> more;
    for (std::size_t i = 1; i < servers.size(); ++i)
        more.emplace_back([server = servers[i]] { server->listen_after_bind(); });
    const bool well = servers.front()->listen_after_bind();
    for (std::size_t i = 1; i < servers.size(); ++i) servers[i]->stop();
    for (auto& each : more) each.join();
    if (!well) return fail(Code::Bug, "the server ended by itself");
    return {};
}

}  // namespace holdfast::portal
