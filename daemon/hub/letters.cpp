#include "hub/letters.hpp"

#include "hub/node.hpp"
#include "hub/validity.hpp"
#include "sync/letters.hpp"

#include <condition_variable>
#include <cstdio>
#include <ctime>
#include <mutex>

namespace holdfast::hub {

namespace {

namespace fs = std::filesystem;

constexpr std::int64_t days = 365, store_bytes = 16LL << 30U;

Result<std::vector<std::string>> servers_of(Store& store) {
    std::vector<std::string> all;
    for (const auto& box : TRY(store.boxes())) {
        const auto facts = TRY(identity::facts_of(box.certificate));
        all.push_back(sync::letter_name(TRY(digest_of(facts.fingerprint))));
    }
    return all;
}

// With connections of its own to the databases, so that boxes on TLS wait for nobody here.
Result<> fetch(const fs::path& folder, const OnRecord& record, const std::stop_token& stop) {
    const auto login = TRY(nats::read_login(folder / nats_folder));
    auto client = TRY(nats::Client::connect(login));
    auto authority = TRY(Authority::open(folder));
    auto node = TRY(Node::open(folder, authority, std::time(nullptr)));
    authority.record_with(record);
    std::vector<std::string> known;
    const auto answer = [&](std::string_view message) { return node.answer(message, authority, std::time(nullptr)); };
    for (bool first = true; !stop.stop_requested(); first = false) {
        if (const auto boxes = TRY(servers_of(authority.store())); first || boxes != known) {
            for (const auto& each : sync::hub_streams(boxes)) TRY(client.need(each));
            known = boxes;
        }
        const auto talked = TRY(sync::answer_letters(client, answer, std::chrono::seconds(1)));
        for (const auto& each : talked.refused) std::fprintf(stderr, "nats: refused: %s\n", each.c_str());
    }
    return {};
}

void go_on(const fs::path& folder, const OnRecord& record, const std::stop_token& stop) {
    std::string told;
    std::mutex mutex;
    std::condition_variable_any ended;
    while (!stop.stop_requested()) {
        const auto done = fetch(folder, record, stop);
        if (!done && done.error().what != told)
            std::fprintf(stderr, "nats: %s; trying again\n", done.error().what.c_str());
        told = done ? "" : done.error().what;
        std::unique_lock lock(mutex);
        ended.wait_for(lock, stop, std::chrono::seconds(3), [] { return false; });
    }
}

}  // namespace

Result<> write_server(const fs::path& folder, const std::vector<std::string>& names, const std::string& listen,
                      const std::string& group) {
    const auto authority = TRY(Authority::open(folder));
    const auto key = TRY(identity::make_key());
    const auto chain = TRY(authority.server_chain(key.get(), names, valid(std::time(nullptr), days)));
    const nats::Pem papers{identity::pem_of({chain.begin(), chain.end() - 1}), TRY(identity::private_pem(key)),
                           identity::pem_of(chain.back())};
    // Its settings hold wherever the server is started from.
    const auto place = fs::absolute(folder).lexically_normal();
    nats::Server server{
        .name = "hub", .domain = nats::hub_domain, .store = place / "nats-store", .store_bytes = store_bytes};
    server.user = "holdfast";
    server.leaf_listen = listen;
    return nats::write_files(place / nats_folder, server, papers, group);
}

Letters::Letters(const fs::path& folder, const OnRecord& record)
    : thread_([folder, record](const std::stop_token& stop) { go_on(folder, record, stop); }) {}

}  // namespace holdfast::hub
