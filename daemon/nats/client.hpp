// A NATS server's streams (JetStream), for who puts letters in and takes them out: what a line cannot take yet lies
// there.
#pragma once

#include "base/handle.hpp"
#include "base/result.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::nats {

struct Login {
    std::string url;  // nats://HOST:PORT
    std::string user, password;
};

// From another server's stream, as soon as the line to it is up.
struct Source {
    std::string stream, domain;  // its name there, and the JetStream domain of that server
    std::string filter;          // only that subject; "": all
};

// What is to happen to letters once a stream is full.
enum class Full { RefuseNew, DropOldest };

struct Stream {
    std::string name;
    std::vector<std::string> subjects;
    std::vector<Source> sources;
    Full full = Full::RefuseNew;
    std::int64_t bytes = 0;        // at most
    std::int64_t per_subject = 0;  // letters of one subject at most; 0: as many as there are
};

struct Depth {
    std::uint64_t letters = 0, bytes = 0, last = 0;  // the sequence of the last one
};

class Letter;

// For one thread. Offline where nobody is there, or answers in time; Denied where the login is wrong; NoSpace where a
// stream is full; other refusals of the server are Corrupt, with its words.
class Client {
public:
    static Result<Client> connect(const Login& login);
    Client(Client&&) noexcept;
    Client& operator=(Client&&) noexcept;
    ~Client();

    // Makes it, or makes it so: letters that are there stay.
    Result<> need(const Stream& stream);
    // On the server's disk when it returns; tells its sequence.
    Result<std::uint64_t> put(const std::string& subject, std::string_view bytes);
    // Letters that `reader` has not acknowledged, at most so many; none where none came in time.
    Result<std::vector<Letter>> take(const std::string& stream, const std::string& reader, int most,
                                     std::chrono::milliseconds wait);
    // Forgets all up to that sequence, and with it.
    Result<> drop(const std::string& stream, std::uint64_t sequence);
    Result<Depth> depth(const std::string& stream);

private:
    struct State;
    explicit Client(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

class Letter {
public:
    std::string subject, bytes;
    std::uint64_t sequence = 0;
    // It is not taken again.
    Result<> done();
    Letter(Letter&&) noexcept;
    Letter& operator=(Letter&&) noexcept;
    ~Letter();

private:
    friend class Client;
    struct State;
    explicit Letter(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace holdfast::nats
