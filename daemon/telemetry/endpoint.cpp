#include "telemetry/endpoint.hpp"

#include "telemetry/exposition.hpp"
#include "web/server.hpp"

#include <httplib.h>
#include <mutex>
#include <thread>

namespace holdfast::telemetry {

namespace {

constexpr std::size_t threads = 2;

// A page of a browser that stands elsewhere gets nothing: a name that leads here is none of ours.
bool is_for_us(const httplib::Request& request) {
    const auto host = request.get_header_value("Host");
    const auto name = host.substr(0, host.rfind(':'));
    return host.empty() || name == "localhost" || name == "127.0.0.1";
}

}  // namespace

struct Endpoint::Parts {
    std::mutex mutex;
    std::string shown;
    int port = -1;
    httplib::Server line, file;
    std::vector<std::jthread> serving;

    void answer(const httplib::Request& request, httplib::Response& response) {
        if (!is_for_us(request)) {
            response.status = 403;
            return;
        }
        const std::scoped_lock one_by_one(mutex);
        if (shown.empty())
            response.status = 503;
        else
            response.set_content(shown, exposition_type);
    }
    void set_up(httplib::Server& server) {
        server.new_task_queue = [] { return new httplib::ThreadPool(threads); };
        // The library looks every few milliseconds whether more comes on a connection that is kept.
        server.set_keep_alive_max_count(1);
        server.set_payload_max_length(0);
        server.Get("/metrics", [this](const auto& request, auto& response) { answer(request, response); });
    }
    void serve(httplib::Server& server) {
        serving.emplace_back([&server] { server.listen_after_bind(); });
        // One that does not listen yet would not be stopped.
        server.wait_until_ready();
    }
};

Endpoint::Endpoint(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Endpoint::Endpoint(Endpoint&&) noexcept = default;

Endpoint::~Endpoint() {
    if (!parts_) return;
    parts_->line.stop();
    parts_->file.stop();
}

Result<Endpoint> Endpoint::open(const Listening& listening) {
    auto parts = std::make_unique<Parts>();
    if (listening.port >= 0) {
        parts->set_up(parts->line);
        parts->port = TRY(web::bind_port(parts->line, "127.0.0.1", listening.port));
    }
    if (!listening.socket.empty()) {
        parts->set_up(parts->file);
        TRY(web::bind_socket(parts->file, listening.socket));
    }
    if (listening.port >= 0) parts->serve(parts->line);
    if (!listening.socket.empty()) parts->serve(parts->file);
    return Endpoint(std::move(parts));
}

void Endpoint::show(std::string exposition) {
    const std::scoped_lock one_by_one(parts_->mutex);
    parts_->shown = std::move(exposition);
}

int Endpoint::port() const {
    return parts_->port;
}

}  // namespace holdfast::telemetry
