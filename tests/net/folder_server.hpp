// A real nginx that serves one folder, as any web server would.
#pragma once

#include "net/real_nginx.hpp"

namespace holdfast::test {

class FolderServer {
public:
    explicit FolderServer(const fs::path& folder) {
        const Listening listening;
        place_ = listening.place();
        put(file("nginx.conf"), "user root; daemon off; master_process off; error_log stderr; pid " +
                                    file("pid").string() +
                                    ";\nevents { worker_connections 64; }\nhttp { access_log off;\n" + temporary() +
                                    "server { listen " + place_ + "; root " + folder.string() + "; }\n}\n");
        child_ = good(Child::spawn({"env", "NGINX=" + std::to_string(listening.number()) + ";", "nginx", "-c",
                                    file("nginx.conf"), "-e", "stderr", "-p", file("")},
                                   {listening.number()}, file("nginx.log")));
    }
    std::string url() const { return "http://" + place_; }
    unsigned port() const { return static_cast<unsigned>(std::stoul(place_.substr(place_.find(':') + 1))); }

private:
    fs::path file(const fs::path& name) const { return scratch_.path() / name; }
    std::string temporary() const {
        std::string text;
        for (const auto* kind : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"})
            text += std::string(kind) + "_temp_path " + file("temp").string() + ";\n";
        return text;
    }
    Scratch scratch_ = good(Scratch::make("nginx"));
    std::string place_;
    std::optional<Child> child_;
};

}  // namespace holdfast::test
