// A folder that a machine finds on the web: `holdfast-image serve` on a port of our loopback, and the machine's only
// way out to it.
#pragma once

#include "base/process.hpp"

#include <filesystem>
#include <string>

namespace holdfast::vm {

// The command that carries one connection of a machine to a port of our loopback, as Hardware::doors want it.
std::string carrier_to(unsigned port, const std::filesystem::path& program);

class Served {
public:
    // What the folder's address is in the machine.
    static constexpr auto url = "http://10.0.2.100";

    struct Programs {
        std::filesystem::path image;    // holdfast-image
        std::filesystem::path carrier;  // tests/net/forward.sh
    };
    // NotFound where there is no such folder, Offline where nobody answers within ten
    // seconds.
    static Result<Served> open(const std::filesystem::path& folder, const Programs& programs,
                               const std::filesystem::path& log);
    // What carries one connection, as Hardware::doors want it.
    const std::string& carrier() const { return carrier_; }

private:
    Served(Child server, std::string carrier) : server_(std::move(server)), carrier_(std::move(carrier)) {}
    Child server_;
    std::string carrier_;
};

}  // namespace holdfast::vm
