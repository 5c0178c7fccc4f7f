// What a nats-server (2.10) is told: a box's own, which is a leaf of its hub's, and the hub's.
#pragma once

#include "nats/client.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace holdfast::nats {

inline constexpr auto hub_domain = "hub";

// PEM files.
struct Papers {
    std::filesystem::path certificate, key, authorities;
};

// The same as texts.
struct Pem {
    std::string certificate, key, authorities;
};

struct Server {
    std::string name;    // of the server, and what its JetStream domain is called by
    std::string domain;  // differs from that of the other side of a leaf's line
    std::filesystem::path store;
    std::int64_t store_bytes = 0;
    std::string listen = "127.0.0.1:4222";  // for programs on this computer
    std::string user, password;             // of these
    Papers papers;                          // set by write_files
    std::string leaf_listen;                // the hub's: where leaves come; "": none may
    std::vector<std::string> hubs;          // a leaf's: tls://HOST:PORT of the servers of its hub
};

// Writes all that a nats-server and its clients on this computer need into that folder: server.conf, the papers, and
// login.json with a password that nobody had before. Their group is `group` where one is given, and may read them.
// NotFound where there is no such group.
Result<> write_files(const std::filesystem::path& folder, Server server, const Pem& papers, const std::string& group);
// What login.json says. NotFound where nothing was written there.
Result<Login> read_login(const std::filesystem::path& folder);

// Corrupt where a word has letters that the configuration's form has no place for.
Result<std::string> write_config(const Server& server);

}  // namespace holdfast::nats
