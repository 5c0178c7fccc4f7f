// An HTTP server on 127.0.0.1 that serves the files of a folder, with ranges, and misbehaves as it is told to.
#pragma once

#include "base/handle.hpp"

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace holdfast::test {

// One way to misbehave. What is not set is as an honest server does it.
struct Behaviour {
    std::string path;                                       // of this file only ("/index"); empty: of all
    unsigned times = std::numeric_limits<unsigned>::max();  // for so many requests, then it is over
    int status = 0;                                         // answer with this status and no file
    std::optional<unsigned> retry_after;                    // seconds, in the head of any answer
    std::optional<std::uint64_t> cut_after;                 // break the connection after so many bytes of a body
    std::optional<std::uint64_t> silent_after;              // the same, but stay connected and say nothing more
    bool mute = false;                                      // take the request and never answer
    std::uint64_t bytes_per_second = 0;                     // crawl
    std::int64_t length_error = 0;                          // added to Content-Length
    std::int64_t range_error = 0;                           // added to both ends of the range in Content-Range
    std::string other_file;     // send the bytes of this file of the folder under the asked one's name
    bool ignore_range = false;  // answer 200 with all of it
    std::string verbatim;       // send these bytes for an answer, then hang up
};

class EvilServer {
public:
    explicit EvilServer(std::filesystem::path folder);
    EvilServer(const EvilServer&) = delete;
    EvilServer& operator=(const EvilServer&) = delete;
    ~EvilServer();

    std::string url(std::string_view path) const;  // of "/index"

    // From the next request on. The first that is meant for a path and is not over counts.
    void behave(Behaviour behaviour);
    void behave_well();

    struct Count {
        unsigned requests = 0;
        std::uint64_t bytes = 0;  // of bodies, as given to the kernel
    };
    Count count(const std::string& path) const;
    Count total() const;
    unsigned connections() const;
    // Returns once so many requests have come in all.
    void wait_for_requests(unsigned requests) const;

private:
    struct Asked;
    class Connection;
    void accept_all();
    Behaviour begin(const std::string& path);

    std::filesystem::path folder_;
    Fd listening_;
    unsigned port_ = 0;

    mutable std::mutex mutex_;  // guards all that follows
    mutable std::condition_variable changed_;
    bool ending_ = false;
    std::vector<Behaviour> behaviours_;
    std::map<std::string, Count> counts_;
    unsigned connections_ = 0;
    struct Peer;
    std::list<Peer> peers_;
    std::jthread acceptor_;
};

}  // namespace holdfast::test
