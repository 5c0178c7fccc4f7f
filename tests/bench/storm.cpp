// A fleet that comes back to its hub at once.
#include "base/cbor.hpp"
#include "base/scratch.hpp"
#include "bench/bench.hpp"
#include "bench/node.hpp"
#include "enroll/small_hub.hpp"
#include "hub/node.hpp"
#include "sync/ask.hpp"

#include <array>
#include <chrono>
#include <ctime>
#include <fcntl.h>
#include <print>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace holdfast::bench {

namespace {

namespace fs = std::filesystem;

// What a box has to say that was cut off for a while: some of the catalog, some of its health.
std::string message_of(const Node& node, const std::vector<std::string>& chain, std::size_t number, std::int64_t now) {
    std::string message;
    const auto put = [&message](std::string_view bytes) -> Result<> {
        message += bytes;
        return {};
    };
    auto writer = good(sync::BatchWriter::begin(put, {node.origin(), now, 1}));
    good(writer.add_question({.limit = 1UL << 20U, .sites = {"site-" + std::to_string(number % 500)}}));
    good(writer.add_node(chain));
    sync::Vector have;
    for (const auto kind : {feed::Class::Audit, feed::Class::Health}) {
        std::vector<feed::Record> records;
        for (std::uint64_t i = 0; i < 20; ++i)
            records.push_back({i,
                               {now * 1000 + static_cast<std::int64_t>(i), 0},
                               "what.happened",
                               cbor::write({{"number", i}, {"text", "the door of cabinet 7 was opened"}})});
        good(writer.add_segment(good(feed::write_segment(node.feed(kind), {}, records, node.sign()))));
        have[node.feed(kind)] = records.size();
    }
    good(writer.finish(have, node.sign()));
    return message;
}

}  // namespace

// In a process of its own, so that its memory is that of one hub.
Storm storm(std::size_t nodes) {
    const Scratch scratch = good(Scratch::make("bench"));
    const auto folder = scratch.path() / "hub";
    const std::int64_t now = std::time(nullptr);
    auto authority = make_hub(folder, now - 86'400);
    const auto key = good(identity::read_key(folder / "authority.key"));
    const auto between = good(identity::certificates_in(good(read_whole(folder / "authority.pem")))).front();
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    // What boxes send is made here, and read by the hub one by one.
    const fs::path spool = scratch.path() / "messages";
    good(make_directories(spool));
    for (std::size_t i = 0; i < nodes; ++i) {
        const Node node;
        const identity::SpiffeId id{
            "clinic.example", "site-" + std::to_string(i % 500), "box-" + std::to_string(i), {}};
        const auto leaf =
            good(identity::make_leaf({between, key.get(), {}}, node.key(), id, {now - 86'400, now + 86'400}));
        const auto message = message_of(node, {leaf, between}, i, now);
        const Fd file(::open((spool / std::to_string(i)).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
        good(write_all(file.number(), message, spool));
        if (i % 1000 == 999) std::println(stderr, "  {} of {} boxes have something to say", i + 1, nodes);
    }
    const pid_t child = ::fork();
    if (child == 0) {
        auto mine = good(hub::Authority::open(folder));
        auto hub = good(hub::Node::open(folder, mine, now));
        double seconds = 0;
        for (std::size_t i = 0; i < nodes; ++i) {
            const auto message = good(read_whole(spool / std::to_string(i)));
            const auto begun = std::chrono::steady_clock::now();
            const auto answer = good(hub.answer(message, mine, now));
            seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
            if (answer.taken.fresh != 2 || answer.carried.bytes.empty()) ::_exit(1);
        }
        rusage used{};
        ::getrusage(RUSAGE_SELF, &used);
        const Storm done{seconds * 1000 / static_cast<double>(nodes), static_cast<double>(used.ru_maxrss) / 1024};
        ::_exit(::write(ends[1], &done, sizeof(done)) == sizeof(done) ? 0 : 1);
    }
    ::close(ends[1]);
    Storm done;
    const bool told = ::read(ends[0], &done, sizeof(done)) == sizeof(done);
    ::close(ends[0]);
    ::waitpid(child, nullptr, 0);
    if (!told) throw std::runtime_error("the hub has not answered all boxes");
    return done;
}

}  // namespace holdfast::bench
