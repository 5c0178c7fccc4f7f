// Files over HTTP and HTTPS, handed on in pieces as they come, so that a transfer that broke can go on where it was.
#pragma once

#include "base/result.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::http {

// A URL as everybody may see it: without user, password, query and fragment, where passwords and tokens are. A path
// stays as it is.
std::string shown(const std::string& url);

struct Request {
    std::string url;                  // http://… or https://…
    std::uint64_t from = 0;           // the first byte that is wanted
    std::optional<std::uint64_t> to;  // the byte after the last one that is wanted; none: all that follow
    std::string if_range;  // the ETag of the part that is here; of another file all is sent. Empty: no condition
    std::uint64_t bytes_per_second = 0;        // no faster than this; 0: no limit
    std::uint64_t slowest = 1;                 // bytes per second; slower than this for `stall` is Offline
    std::chrono::seconds stall{60};            // 0: wait for ever
    std::chrono::seconds connect_timeout{30};  // for name, connection and TLS
    std::filesystem::path ca_file;  // trust the certificates in this file (PEM) and no other; empty: the system's
    // Digits, 16 or more, of the SHA-256 of a root's public key (SPKI): the server has to send that root, and its
    // certificate has to lead to it; no other is trusted. Empty: `ca_file` counts.
    std::string root_fingerprint;
    std::stop_token stop;  // a stop is seen within a second, and is Busy
    // Of a message that is posted: what it is, and more lines of its head, "NAME: VALUE" each.
    std::string content_type = "application/cbor";
    std::vector<std::string> fields;
};

// What the server says about the bytes before they come.
struct Head {
    int status = 0;                       // 200 or 206
    std::optional<std::uint64_t> total;   // bytes of the whole file; none: it ends where the connection does
    std::uint64_t begins_at = 0;          // where in the file the body begins: for a 200 at 0, whatever was asked for
    std::optional<std::uint64_t> length;  // bytes of the body; a server may send less than was asked for
    std::string etag;                     // with its quotes; empty: none, or a weak one, which does not stand for bytes
};

// What came back of a message.
struct Answered {
    int status = 0;
    std::string body;
};

// Gets the body piece by piece, in order; not called for an empty one. An Error ends the transfer. Must not throw.
using Sink = std::function<Result<>(const Head&, std::span<const char>)>;

// Keeps its connections from one fetch to the next. For one thread at a time; others have their own.
class Client {
public:
    Client();
    Client(Client&&) noexcept;
    ~Client();

    // Follows at most five redirects, none from https to http. An Error of the sink comes back as it is; others:
    //   Offline   no connection, or it broke or stalled; a body longer or shorter than announced; 408, 425, 429, 5xx.
    //             What the sink has is good: ask again from there
    //   NotFound  404, 410
    //   Denied    any other 4xx; a certificate that is not trusted; an address or a redirect that is not followed
    //   Corrupt   416: the file has no such bytes (any more), begin anew; an answer that makes no sense, such as
    //             other bytes than were asked for
    //   Busy      stopped
    Result<Head> fetch(const Request& request, const Sink& sink);

    // A file of at most `limit` bytes; a larger one is Corrupt. Takes no range.
    Result<std::string> fetch_whole(const Request& request, std::size_t limit);

    // Sends `body` and takes what the server says, whatever its status; follows no redirect. Errors as above, but for
    // the statuses; Corrupt where the answer is larger than `limit` bytes, Denied where a line of the head is none.
    Result<Answered> post(const Request& request, std::string_view body, std::size_t limit);

    // How long the server of the last fetch wants to be left alone (Retry-After).
    std::optional<std::chrono::seconds> retry_after() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace holdfast::http
