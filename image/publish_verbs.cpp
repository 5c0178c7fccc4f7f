#include "publish_verbs.hpp"

#include "base/file.hpp"
#include "base/handle.hpp"
#include "base/process.hpp"
#include "base/scratch.hpp"
#include "inspect/inspect.hpp"
#include "publish/publish.hpp"
#include "publish/write_bundle.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <print>
#include <sys/socket.h>

namespace holdfast {

namespace {

namespace fs = std::filesystem;

struct PublishArguments {
    fs::path image, repository, bundle, keys = "keys/development";
    std::string base, split;
    std::vector<std::string> contents;
    unsigned deltas = 3;
    bool no_full = false;
};

Result<std::pair<fs::path, std::string>> other_content(const std::string& text) {
    const auto at = text.find('=');
    if (at == text.npos || at == 0 || at + 1 == text.size())
        return fail(Code::Corrupt, "'" + text + "' as --content: write REPOSITORY=REF");
    return std::pair<fs::path, std::string>{text.substr(0, at), text.substr(at + 1)};
}

// `split`: bytes of a part; 0: one file.
Result<std::vector<fs::path>> carry(const PublishArguments& a, const std::string& ref, std::uint64_t split,
                                    const keys::Keys& keys) {
    publish::CarriedParts parts{.from = a.image / "repo",
                                .ref = ref,
                                .repository = a.repository,
                                .base = a.base,
                                .others = {},
                                .split = split,
                                .into = a.bundle};
    for (const auto& each : a.contents) parts.others.push_back(TRY(other_content(each)));
    return publish::carry(parts, keys);
}

Result<int> run_publish(const PublishArguments& a, bool json) {
    const auto keys = TRY(in("keys", keys::open(a.keys)));
    const auto papers = TRY(inspect::papers(a.image));
    const std::string ref = papers.value("ref", "");
    nlohmann::ordered_json out{{"ref", ref}};
    std::vector<std::string> files;
    // Before all the work.
    const std::uint64_t split = a.split.empty() ? 0 : TRY(publish::part_size(a.split));
    if (!a.repository.empty()) {
        const auto published =
            TRY(publish::publish({a.image / "repo", ref, fs::absolute(a.repository), a.deltas, !a.no_full}, keys));
        out["commit"] = published.release.commit;
        out["version"] = published.release.version;
        for (const auto& bundle : published.bundles) files.push_back((a.repository / bundle).string());
    }
    if (!a.bundle.empty())
        for (const auto& file : TRY(carry(a, ref, split, keys))) files.push_back(file.string());
    out["files"] = nlohmann::ordered_json::array();
    for (const auto& file : files) out["files"].push_back({{"file", file}, {"bytes", fs::file_size(file)}});
    if (json)
        std::println("{}", out.dump());
    else
        for (const auto& file : out["files"])
            std::println("{:>12} {}", file["bytes"].get<std::uint64_t>(), file["file"].get<std::string>());
    if (!a.repository.empty())
        std::println(stderr,
                     "next: serve {0} (for trials: holdfast-image serve {0}), and on the box: holdfast update "
                     "download http://HOST:PORT",
                     a.repository.string());
    if (!a.bundle.empty())
        std::println(stderr, "next: carry {} to the box, and there: holdfast update download FOLDER/{}",
                     files.back() == a.bundle.string() ? "it" : "all parts, FILE.000 and so on,",
                     fs::path(a.bundle).filename().string());
    return 0;
}

// What can be wrong with the words alone.
void check_words(const PublishArguments& a) {
    const auto wrong = [](const char* what) { throw CLI::ValidationError("publish", what); };
    if (a.repository.empty() && a.bundle.empty()) wrong("where to? Give --repository DIR, or --bundle FILE, or both");
    if (!a.base.empty() && a.repository.empty()) wrong("--from names a published release; give its --repository, too");
    for (const auto& [given, name] :
         {std::pair{!a.base.empty(), "--from"}, {!a.split.empty(), "--split"}, {!a.contents.empty(), "--content"}})
        if (given && a.bundle.empty())
            wrong((std::string(name) + " is about a bundle; give its --bundle FILE").c_str());
}

struct ServeArguments {
    fs::path folder;
    std::string listen = "127.0.0.1:8080";
};

// nginx, with nothing but what serving one folder needs.
std::string nginx_configuration(const fs::path& folder, const fs::path& scratch, const std::string& listen) {
    const std::string at = scratch.string();
    return "daemon off; worker_processes 1; pid " + at + "/pid; error_log stderr;\n" +
           "events {}\nhttp {\n  access_log /dev/stderr; default_type application/octet-stream; sendfile on;\n" +
           "  client_body_temp_path " + at + "; proxy_temp_path " + at + "; fastcgi_temp_path " + at +
           "; uwsgi_temp_path " + at + "; scgi_temp_path " + at + ";\n  server { listen " + listen + "; root \"" +
           folder.string() + "\"; autoindex on; }\n}\n";
}

// ADDRESS and PORT; names and IPv6 are nginx's to resolve.
Result<std::pair<std::string, std::uint16_t>> place_in(const std::string& listen) {
    const auto colon = listen.rfind(':');
    std::uint16_t port = 0;
    const char* end = listen.data() + listen.size();
    const bool number = colon != listen.npos &&
                        std::from_chars(listen.data() + colon + 1, end, port) == std::from_chars_result{end, {}};
    if (number && colon > 0 && port > 0) return std::pair{listen.substr(0, colon), port};
    return fail(Code::Corrupt, "'" + listen + "' is nothing to listen at; write ADDRESS:PORT, such as 0.0.0.0:8080");
}

// Told before anything is said to be served. A socket that was handed down to nginx (NGINX=) is bound already.
Result<> is_free(const std::string& listen) {
    const auto [address, port] = TRY(place_in(listen));
    sockaddr_in place{.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {}, .sin_zero = {}};
    if (std::getenv("NGINX") != nullptr || ::inet_pton(AF_INET, address.c_str(), &place.sin_addr) != 1) return {};
    const Fd probe(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int yes = 1;
    ::setsockopt(probe.number(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    if (::bind(probe.number(), reinterpret_cast<const sockaddr*>(&place), sizeof(place)) == 0) return {};
    return fail(Code::Busy,
                "cannot listen at " + listen + ": " + std::strerror(errno) + "; take another place with --listen");
}

Result<int> run_serve(const ServeArguments& a) {
    if (!fs::is_directory(a.folder))
        return fail(Code::NotFound,
                    "there is no folder " + a.folder.string() + "; make one with 'publish --repository'");
    if (!fs::is_directory(a.folder / "refs/heads"))
        return fail(Code::NotFound,
                    a.folder.string() + " is no published repository; make one with 'publish --repository'");
    TRY(is_free(a.listen));
    const Scratch scratch = TRY(Scratch::make("serve"));
    // The server drops its privileges and must still reach its own files.
    fs::permissions(scratch.path(), fs::perms::owner_all | fs::perms::others_exec);
    const fs::path file = scratch.path() / "nginx.conf";
    TRY(write_whole(file, "user root;\n" + nginx_configuration(fs::absolute(a.folder), scratch.path(), a.listen)));
    std::println(stderr, "serving {} at http://{}/ until interrupted", a.folder.string(), a.listen);
    const auto done = TRY(in("nginx", run({"nginx", "-c", file.string()}, {.show = true})));
    return done.exit == 0 ? 0 : 1;
}

}  // namespace

void add_publishing(CLI::App& app, const bool& json, std::function<Result<int>()>& chosen) {
    const auto p = std::make_shared<PublishArguments>();
    auto* publish =
        app.add_subcommand("publish", "Put an image into a repository for boxes to update from, or a bundle");
    publish->footer(
        "Examples:\n"
        "  holdfast-image publish IMAGE --repository DIR           for any web server, or a stick\n"
        "  holdfast-image publish IMAGE --bundle os.bundle         one file for a box that nobody else reaches\n"
        "  holdfast-image publish IMAGE --repository DIR --bundle os.bundle --from 1.0.0 --split 650M\n"
        "  holdfast-image publish IMAGE --bundle all.bundle --content /srv/policies=policy/site\n\n"
        "On the box: holdfast update download, with the URL of the served repository, or the folder, bundle or stick.");
    publish->add_option("image", p->image, "the image's folder")->required();
    publish->add_option("--repository", p->repository, "folder that is served; made where it is missing");
    publish->add_option("--deltas", p->deltas, "make bundles from this many releases before")->capture_default_str();
    publish->add_flag("--no-full", p->no_full, "no bundle for every box: only those for boxes with a release before");
    publish->add_option("--bundle", p->bundle, "write one bundle to carry");
    publish->add_option("--from", p->base,
                        "version or commit of --repository that the boxes run: a small bundle, for them alone");
    publish->add_option("--split", p->split, "size of the bundle's parts, such as 650M or 4095M for FAT");
    publish->add_option("--content", p->contents, "REPOSITORY=REF of more content; may stand several times")
        ->allow_extra_args(false);
    publish->add_option("--keys", p->keys, "key directory, see 'keys create'")->capture_default_str();
    publish->callback([&json, &chosen, p] {
        check_words(*p);
        chosen = [&json, p] { return run_publish(*p, json); };
    });

    const auto s = std::make_shared<ServeArguments>();
    auto* serve = app.add_subcommand("serve", "Serve a published repository over HTTP, for trials");
    serve->footer("Example:\n  holdfast-image serve DIR --listen 0.0.0.0:8080");
    serve->add_option("folder", s->folder, "the folder of 'publish --repository'")->required();
    serve->add_option("--listen", s->listen, "ADDRESS:PORT")->capture_default_str();
    serve->callback([&chosen, s] { chosen = [s] { return run_serve(*s); }; });
}

}  // namespace holdfast
