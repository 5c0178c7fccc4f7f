// What every HTTP server of ours needs around cpp-httplib.
#pragma once

#include "base/result.hpp"

#include <csignal>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

namespace httplib {
class Server;
}

namespace holdfast::web {

// The port that it listens at; 0 asks for one that is free. Busy, with what to do, where it cannot: another server has
// it, or the address is none of this computer.
Result<int> bind_port(httplib::Server& server, const std::string& address, int port);
// A socket in the file system, which only its owner and its group may use. One that nobody listens at any more is
// replaced; Busy where somebody does.
Result<> bind_socket(httplib::Server& server, const std::filesystem::path& path);

// Ends servers at the first signal that ends programs; those are blocked in all threads that are started later.
class Ending {
public:
    explicit Ending(std::vector<httplib::Server*> servers);
    Ending(const Ending&) = delete;
    Ending& operator=(const Ending&) = delete;
    ~Ending();

private:
    static sigset_t mask();
    std::vector<httplib::Server*> servers_;
    std::thread thread_;
};

}  // namespace holdfast::web
