// GET /metrics on the loopback and on a socket, for Prometheus and whatever reads its format.
#pragma once

#include "base/result.hpp"

#include <filesystem>
#include <memory>
#include <string>

namespace holdfast::telemetry {

class Endpoint {
public:
    struct Listening {
        int port = 9797;               // of 127.0.0.1; 0: one that is free; below 0: none
        std::filesystem::path socket;  // "": none
    };
    // Answers in threads of its own from then on, 503 until something is shown. Busy where it cannot listen there. The
    // signals that end the program have to be blocked before.
    static Result<Endpoint> open(const Listening& listening);
    Endpoint(Endpoint&&) noexcept;
    ~Endpoint();

    // What is answered from now on.
    void show(std::string exposition);
    int port() const;

private:
    struct Parts;
    explicit Endpoint(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace holdfast::telemetry
