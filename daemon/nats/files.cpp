// What a nats-server and its clients read, written into one folder.
#include "base/digest.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "base/openssl.hpp"
#include "base/text.hpp"
#include "nats/config.hpp"

#include <cerrno>
#include <grp.h>
#include <openssl/rand.h>
#include <optional>
#include <unistd.h>

namespace holdfast::nats {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t login_limit = 4096, word_limit = 512;
constexpr unsigned for_group = 0640;

Result<std::string> new_password() {
    Digest random{};
    if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1) return openssl_failed("no random bytes");
    return hex(random);
}

Result<std::optional<gid_t>> group_called(const std::string& name) {
    if (name.empty()) return std::nullopt;
    const group* found = ::getgrnam(name.c_str());
    if (!found) return fail(Code::NotFound, "there is no group '" + name + "'");
    return found->gr_gid;
}

}  // namespace

Result<> write_files(const fs::path& folder, Server server, const Pem& papers, const std::string& group) {
    const auto gid = TRY(group_called(group));
    TRY(make_directories(folder));
    server.password = TRY(new_password());
    server.papers = {folder / "certificate.pem", folder / "key.pem", folder / "authorities.pem"};
    const auto config = TRY(write_config(server));
    const auto login =
        json::write({{"url", "nats://" + server.listen}, {"user", server.user}, {"password", server.password}});
    const std::pair<fs::path, std::string_view> files[] = {{server.papers.certificate, papers.certificate},
                                                           {server.papers.key, papers.key},
                                                           {server.papers.authorities, papers.authorities},
                                                           {folder / "server.conf", config},
                                                           {folder / "login.json", login}};
    for (const auto& [file, text] : files) {
        TRY(write_whole(file, text, for_group));
        if (gid && ::chown(file.c_str(), static_cast<uid_t>(-1), *gid) != 0)
            return std::unexpected(system_error(errno, file, "giving to its group"));
    }
    return {};
}

Result<Login> read_login(const fs::path& folder) {
    const auto text = TRY(read_whole(folder / "login.json", login_limit));
    const auto login = TRY(in((folder / "login.json").string(), json::parse(text, login_limit)));
    TRY(json::only(login, {"url", "user", "password"}));
    Login read;
    read.url = TRY(json::text(login, "url", word_limit));
    read.user = TRY(json::text(login, "user", word_limit));
    read.password = TRY(json::text(login, "password", word_limit));
    return read;
}

}  // namespace holdfast::nats
