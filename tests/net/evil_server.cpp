#include "net/evil_server.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <chrono>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/stat.h>

namespace holdfast::test {

namespace {

constexpr std::size_t head_limit = 64UL * 1024;

void need(bool holds, const char* what) {
    if (!holds) throw std::runtime_error(std::string("evil server: ") + what);
}

std::string field_of(const std::string& head, const std::string& name) {
    for (const auto& line : split(head, '\n'))
        if (line.starts_with(name + ": ")) return std::string(trim(line.substr(name.size() + 2)));
    return {};
}

std::uint64_t number(std::string_view text, std::uint64_t otherwise) {
    std::from_chars(text.begin(), text.end(), otherwise);
    return otherwise;
}

// Changes whenever the file does.
std::string etag_of(const struct stat& file) {
    return "\"" + std::to_string(file.st_size) + "-" + std::to_string(file.st_mtim.tv_sec) + "." +
           std::to_string(file.st_mtim.tv_nsec) + "\"";
}

}  // namespace

struct EvilServer::Asked {
    std::string path;
    std::string range;  // "500-" or "500-599"; empty: all
    std::string if_range;
};

// The thread goes before the socket that it uses.
struct EvilServer::Peer {
    Fd socket;
    bool done = false;
    std::jthread thread;
};

// One connection, on a thread of its own; requests come one after the other.
class EvilServer::Connection {
public:
    Connection(EvilServer& server, int socket) : server_(server), socket_(socket) {}
    void serve() {
        while (auto asked = next())
            if (!answer(*asked)) return;
    }

private:
    std::optional<Asked> next();
    bool answer(const Asked& asked);
    bool answer_with_file(const Asked& asked, const Behaviour& behaviour);
    bool send_head(int status, std::uint64_t length, const Behaviour& behaviour, const std::string& fields);
    bool send_body(int file, std::uint64_t begin, std::uint64_t end, const Asked& asked, const Behaviour& behaviour);
    bool send_all(std::string_view bytes) const;
    // One second of crawling; false where the server ends.
    bool pause() const;
    void say_nothing() const {
        std::array<char, 4096> ignored;
        while (::recv(socket_, ignored.data(), ignored.size(), 0) > 0) continue;
    }

    EvilServer& server_;
    int socket_;
    std::string buffer_;
};

std::optional<EvilServer::Asked> EvilServer::Connection::next() {
    std::size_t end = 0;
    while ((end = buffer_.find("\r\n\r\n")) == std::string::npos && buffer_.size() < head_limit) {
        std::array<char, 4096> piece;
        const ssize_t n = ::recv(socket_, piece.data(), piece.size(), 0);
        if (n <= 0) return {};
        buffer_.append(piece.data(), static_cast<std::size_t>(n));
    }
    if (end == std::string::npos || !buffer_.starts_with("GET /")) return {};
    const std::string head = buffer_.substr(0, end + 2);
    buffer_.erase(0, end + 4);
    const std::string range = field_of(head, "Range");
    return Asked{head.substr(4, head.find_first_of(" ?", 4) - 4), range.substr(std::min(range.size(), 6UL)),
                 field_of(head, "If-Range")};
}

bool EvilServer::Connection::answer(const Asked& asked) {
    const Behaviour behaviour = server_.begin(asked.path);
    if (behaviour.mute) {
        say_nothing();
        return false;
    }
    if (!behaviour.verbatim.empty()) {
        send_all(behaviour.verbatim);
        return false;
    }
    if (behaviour.status != 0) return send_head(behaviour.status, 0, behaviour, "");
    return answer_with_file(asked, behaviour);
}

bool EvilServer::Connection::answer_with_file(const Asked& asked, const Behaviour& behaviour) {
    const auto asked_for = server_.folder_ / asked.path.substr(1);
    const auto sent = behaviour.other_file.empty() ? asked_for : server_.folder_ / behaviour.other_file;
    const Fd file(::open(sent.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat named{}, about{};
    if (!file || ::stat(asked_for.c_str(), &named) < 0 || ::fstat(file.number(), &about) < 0 || !S_ISREG(about.st_mode))
        return send_head(404, 0, behaviour, "");
    const auto size = static_cast<std::uint64_t>(about.st_size);
    const std::string etag = etag_of(named);
    const std::string fields = "ETag: " + etag + "\r\nAccept-Ranges: bytes\r\n";
    const bool whole =
        asked.range.empty() || behaviour.ignore_range || (!asked.if_range.empty() && asked.if_range != etag);
    if (whole) return send_head(200, size, behaviour, fields) && send_body(file.number(), 0, size, asked, behaviour);

    const auto dash = asked.range.find('-');
    const std::uint64_t begin = number(asked.range.substr(0, dash), 0);
    const std::uint64_t end = std::min(size, number(asked.range.substr(dash + 1), size - 1) + 1);
    if (begin >= end) return send_head(416, 0, behaviour, "Content-Range: bytes */" + std::to_string(size) + "\r\n");
    const auto error = static_cast<std::uint64_t>(behaviour.range_error);
    const std::string range = "Content-Range: bytes " + std::to_string(begin + error) + "-" +
                              std::to_string(end - 1 + error) + "/" + std::to_string(size) + "\r\n";
    return send_head(206, end - begin, behaviour, fields + range) &&
           send_body(file.number(), begin, end, asked, behaviour);
}

bool EvilServer::Connection::send_head(int status, std::uint64_t length, const Behaviour& behaviour,
                                       const std::string& fields) {
    std::string head = "HTTP/1.1 " + std::to_string(status) + " As Told\r\n" + fields;
    if (behaviour.retry_after) head += "Retry-After: " + std::to_string(*behaviour.retry_after) + "\r\n";
    length += static_cast<std::uint64_t>(behaviour.length_error);
    return send_all(head + "Content-Length: " + std::to_string(length) + "\r\n\r\n");
}

bool EvilServer::Connection::send_body(int file, std::uint64_t begin, std::uint64_t end, const Asked& asked,
                                       const Behaviour& behaviour) {
    const std::uint64_t stop = std::min({behaviour.cut_after.value_or(end - begin),
                                         behaviour.silent_after.value_or(end - begin), end - begin}) +
                               begin;
    std::vector<char> piece(behaviour.bytes_per_second > 0 ? behaviour.bytes_per_second : 64UL * 1024);
    while (begin < stop) {
        const ssize_t n =
            ::pread(file, piece.data(), std::min<std::uint64_t>(piece.size(), stop - begin), static_cast<off_t>(begin));
        if (n <= 0) return false;
        const auto size = static_cast<std::size_t>(n);
        {
            // Before they are sent: who has them finds them counted.
            const std::lock_guard lock(server_.mutex_);
            server_.counts_[asked.path].bytes += size;
        }
        if (!send_all({piece.data(), size})) return false;
        begin += size;
        if (behaviour.bytes_per_second > 0 && begin < stop && !pause()) return false;
    }
    if (behaviour.silent_after) say_nothing();
    return stop == end && behaviour.length_error == 0 && !behaviour.silent_after;
}

bool EvilServer::Connection::send_all(std::string_view bytes) const {
    while (!bytes.empty()) {
        const ssize_t n = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (n <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
}

bool EvilServer::Connection::pause() const {
    std::unique_lock lock(server_.mutex_);
    return !server_.changed_.wait_for(lock, std::chrono::seconds(1), [&] { return server_.ending_; });
}

EvilServer::EvilServer(std::filesystem::path folder)
    : folder_(std::move(folder)), listening_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    need(::bind(listening_.number(), generic, size) == 0, "cannot bind");
    need(::listen(listening_.number(), 64) == 0, "cannot listen");
    need(::getsockname(listening_.number(), generic, &size) == 0, "has no address");
    port_ = ntohs(address.sin_port);
    acceptor_ = std::jthread([this] { accept_all(); });
}

// A shutdown wakes every thread that waits in the kernel.
EvilServer::~EvilServer() {
    ::shutdown(listening_.number(), SHUT_RDWR);
    acceptor_.join();
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
        for (const Peer& peer : peers_) ::shutdown(peer.socket.number(), SHUT_RDWR);
    }
    changed_.notify_all();
    peers_.clear();
}

void EvilServer::accept_all() {
    while (true) {
        Fd socket(::accept4(listening_.number(), nullptr, nullptr, SOCK_CLOEXEC));
        if (!socket) return;
        const std::lock_guard lock(mutex_);
        ++connections_;
        std::erase_if(peers_, [](const Peer& peer) { return peer.done; });
        Peer& peer = peers_.emplace_back(Peer{std::move(socket)});
        peer.thread = std::jthread([this, &peer] {
            Connection(*this, peer.socket.number()).serve();
            ::shutdown(peer.socket.number(), SHUT_RDWR);
            const std::lock_guard done(mutex_);
            peer.done = true;
        });
    }
}

std::string EvilServer::url(std::string_view path) const {
    return "http://127.0.0.1:" + std::to_string(port_) + std::string(path);
}

void EvilServer::behave(Behaviour behaviour) {
    const std::lock_guard lock(mutex_);
    behaviours_.push_back(std::move(behaviour));
}

void EvilServer::behave_well() {
    const std::lock_guard lock(mutex_);
    behaviours_.clear();
}

Behaviour EvilServer::begin(const std::string& path) {
    const std::lock_guard lock(mutex_);
    ++counts_[path].requests;
    changed_.notify_all();
    const auto found = std::ranges::find_if(
        behaviours_, [&](const Behaviour& each) { return each.times > 0 && (each.path.empty() || each.path == path); });
    if (found == behaviours_.end()) return {};
    --found->times;
    return *found;
}

EvilServer::Count EvilServer::count(const std::string& path) const {
    const std::lock_guard lock(mutex_);
    const auto found = counts_.find(path);
    return found == counts_.end() ? Count() : found->second;
}

EvilServer::Count EvilServer::total() const {
    const std::lock_guard lock(mutex_);
    Count sum;
    for (const auto& [path, count] : counts_) {
        sum.requests += count.requests;
        sum.bytes += count.bytes;
    }
    return sum;
}

unsigned EvilServer::connections() const {
    const std::lock_guard lock(mutex_);
    return connections_;
}

void EvilServer::wait_for_requests(unsigned requests) const {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] {
        unsigned all = 0;
        for (const auto& [path, count] : counts_) all += count.requests;
        return all >= requests;
    });
}

}  // namespace holdfast::test
