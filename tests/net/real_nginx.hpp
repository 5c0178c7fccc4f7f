// A real nginx for one test, with certificates of its own authority, all made by the programs that people use for it.
#pragma once

#include "base/file.hpp"
#include "base/good.hpp"
#include "base/process.hpp"
#include "base/scratch.hpp"
#include "listening.hpp"

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <optional>
#include <string>

namespace holdfast::test {

namespace fs = std::filesystem;

inline void put(const fs::path& file, std::string_view bytes) {
    fs::create_directories(file.parent_path());
    good(write_whole(file, bytes));
}

// Bytes that are nowhere the same, so that a wrong offset is seen.
inline std::string noise(std::size_t size) {
    std::string bytes(size, '\0');
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>((i * 2654435761U) >> 13U);
    return bytes;
}

// A certificate authority, and certificates of it for 127.0.0.1.
class Authority {
public:
    explicit Authority(const fs::path& folder) : folder_(folder) {
        fs::create_directories(folder);
        make("ca", {"-subj", "/CN=Holdfast test " + folder.filename().string(), "-days", "2"});
    }
    fs::path certificate() const { return folder_ / "ca.crt"; }
    // Makes NAME.crt and NAME.key.
    fs::path issue(const std::string& name, const Arguments& valid) const {
        Arguments options{"-subj",   "/CN=server",
                          "-addext", "subjectAltName=IP:127.0.0.1",
                          "-addext", "basicConstraints=critical,CA:false",
                          "-CA",     certificate(),
                          "-CAkey",  folder_ / "ca.key"};
        options.insert(options.end(), valid.begin(), valid.end());
        make(name, options);
        return folder_ / name;
    }

private:
    void make(const std::string& name, const Arguments& options) const {
        Arguments command{"openssl",
                          "req",
                          "-x509",
                          "-newkey",
                          "ec",
                          "-pkeyopt",
                          "ec_paramgen_curve:P-256",
                          "-noenc",
                          "-keyout",
                          folder_ / (name + ".key"),
                          "-out",
                          folder_ / (name + ".crt")};
        command.insert(command.end(), options.begin(), options.end());
        good(run_or_fail(command));
    }
    fs::path folder_;
};

// Serves www/ of its folder on three ports: plainly, by TLS, and by TLS with a certificate that is too old. nginx gets
// sockets that listen already, as from systemd: no port is fought for, and who connects early waits for it.
class RealNginx {
public:
    RealNginx() {
        const fs::path current = authority_.issue("current", {"-days", "2"});
        const fs::path old =
            authority_.issue("old", {"-not_before", "20200101000000Z", "-not_after", "20210101000000Z"});
        Listening plain, secure, outdated;
        http_ = "http://" + plain.place();
        https_ = "https://" + secure.place();
        expired_ = "https://" + outdated.place();
        put(file("nginx.conf"), main_part() + "server { listen " + plain.place() + "; listen " + secure.place() +
                                    " ssl; " + certificate(current) + locations() + "}\n" + "server { listen " +
                                    outdated.place() + " ssl; " + certificate(old) + "}\n}\n");
        std::string sockets = "NGINX=";
        for (const auto* each : {&plain, &secure, &outdated}) sockets += std::to_string(each->number()) + ";";
        child_ = good(Child::spawn({"env", sockets, "nginx", "-c", file("nginx.conf"), "-e", "stderr", "-p", file("")},
                                   {plain.number(), secure.number(), outdated.number()}, file("nginx.log")));
    }
    fs::path file(const fs::path& name) const { return scratch_.path() / name; }
    void serve(const std::string& name, std::string_view bytes) const { put(file("www") / name, bytes); }
    std::string http(const std::string& name) const { return http_ + name; }
    std::string https(const std::string& name) const { return https_ + name; }
    std::string expired(const std::string& name) const { return expired_ + name; }
    const Authority& authority() const { return authority_; }

private:
    std::string main_part() const {
        std::string text = "daemon off; master_process off; error_log stderr; pid " + file("nginx.pid").string() +
                           ";\nevents { worker_connections 64; }\nhttp { access_log off;\n";
        for (const auto* kind : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"})
            text += std::string(kind) + "_temp_path " + file("temp").string() + ";\n";
        return text;
    }
    static std::string certificate(const fs::path& name) {
        return "ssl_certificate " + name.string() + ".crt; ssl_certificate_key " + name.string() + ".key;\n";
    }
    std::string locations() const {
        return "root " + file("www").string() + ";\n" +
               "location = /echo { return 200 '$http_user_agent|$http_accept_encoding|$connection'; }\n"
               "location = /packed { add_header Content-Encoding gzip; }\n"
               "location = /weak { gzip on; gzip_min_length 1; gzip_types *; }\n"
               "location = /moved { return 302 /big; }\n"
               "location = /circle { return 302 /circle; }\n"
               "location = /secret { return 403; }\n"
               "location = /gone { return 410; }\n"
               "location = /to-ftp { return 302 ftp://127.0.0.1/big; }\n"
               "location = /to-http { return 302 " +
               http_ +
               "/big; }\n"
               "location = /to-https { return 302 " +
               https_ +
               "/big; }\n"
               "location = /there-and-back { return 302 " +
               https_ + "/to-http; }\n";
    }

    Scratch scratch_ = good(Scratch::make("nginx"));
    Authority authority_{scratch_.path() / "authority"};
    std::string http_, https_, expired_;
    std::optional<Child> child_;
};

}  // namespace holdfast::test
