#include "nats/config.hpp"

#include <algorithm>
#include <format>

namespace holdfast::nats {

namespace {

constexpr std::int64_t most_letter = 8L << 20U;  // a segment is 4 MiB at most, and a message some more

bool is_plain(const std::string& word) {
    return !word.empty() &&
           std::ranges::all_of(word, [](unsigned char c) { return c > 0x20 && c != '"' && c != '\\' && c != 0x7f; });
}

Result<> check(const std::vector<std::string>& words) {
    for (const auto& each : words)
        if (!is_plain(each)) return fail(Code::Corrupt, "'" + each + "' cannot stand in the settings of a nats-server");
    return {};
}

std::string tls(const Papers& papers, bool server) {
    return std::format("tls {{ cert_file: \"{}\", key_file: \"{}\", ca_file: \"{}\"{}, timeout: 30 }}",
                       papers.certificate.string(), papers.key.string(), papers.authorities.string(),
                       server ? ", verify: true" : "");
}

std::string leaf_of(const Server& server) {
    std::string urls;
    for (const auto& each : server.hubs) urls += (urls.empty() ? "\"" : ", \"") + each + "\"";
    // The least bytes that the line can carry them in, whatever it takes to find them.
    return std::format(
        "leafnodes {{\n  reconnect: 5s\n  remotes: [{{ urls: [{}], account: HOLDFAST, {}, compression: "
        "{{ mode: s2_best }} }}]\n}}\n",
        urls, tls(server.papers, false));
}

}  // namespace

Result<std::string> write_config(const Server& server) {
    TRY(check({server.name, server.domain, server.store.string(), server.listen, server.user, server.password}));
    TRY(check(server.hubs));
    std::string text = std::format(
        "# Made by Holdfast at each start.\n"
        "server_name: \"{}\"\nlisten: \"{}\"\nmax_payload: {}\nwrite_deadline: \"60s\"\nping_interval: \"60s\"\n"
        "jetstream {{ store_dir: \"{}\", domain: \"{}\", max_mem: 16M, max_file: {}, sync_interval: always }}\n"
        "accounts {{\n  HOLDFAST {{ jetstream: enabled, users: [{{ user: \"{}\", password: \"{}\" }}] }}\n"
        "  SYS {{ users: [] }}\n}}\nsystem_account: SYS\n",
        server.name, server.listen, most_letter, server.store.string(), server.domain, server.store_bytes, server.user,
        server.password);
    if (!server.hubs.empty()) text += leaf_of(server);
    if (!server.leaf_listen.empty())
        text += std::format("leafnodes {{\n  listen: \"{}\"\n  {}\n  authorization {{ account: HOLDFAST }}\n}}\n",
                            server.leaf_listen, tls(server.papers, true));
    return text;
}

}  // namespace holdfast::nats
