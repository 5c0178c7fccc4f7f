// A software TPM of this test alone. What fails is thrown, so that benchmarks have it, too.
#pragma once

#include "base/handle.hpp"
#include "base/process.hpp"
#include "base/scratch.hpp"
#include "tpm/manufacture.hpp"
#include "tpm/tpm.hpp"

#include <optional>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/un.h>

namespace holdfast {

template <class T>
T good(Result<T> result) {
    if (!result) throw std::runtime_error(result.error().what);
    if constexpr (!std::is_void_v<T>) return *std::move(result);
}

class RealTpm {
public:
    enum class Certificates { No, Yes };

    // Of a manufacturer in the folder `ca`; without one, of its own.
    explicit RealTpm(Certificates certificates = Certificates::No, const std::filesystem::path& ca = {}) {
        std::filesystem::create_directories(state());
        if (certificates == Certificates::Yes)
            good(manufacture_tpm(state(), folder(), ca.empty() ? folder() / "ca" : ca));
        start();
    }

    std::string tcti() const { return "swtpm:path=" + socket(); }
    tpm::Tpm open() const { return good(tpm::Tpm::open(tcti())); }
    // A program of tpm2-tools on this TPM.
    std::string tool(const Arguments& arguments) const {
        auto done = ran(arguments);
        if (done.exit != 0) throw std::runtime_error(arguments.front() + ": " + done.errors);
        return std::move(done.output);
    }
    int exit_of(const Arguments& arguments) const { return ran(arguments).exit; }
    std::filesystem::path folder() const { return scratch_.path(); }

private:
    Finished ran(const Arguments& arguments) const {
        return run(arguments, {.environment = {"TPM2TOOLS_TCTI=" + tcti()}, .directory = folder()}).value();
    }
    std::filesystem::path state() const { return scratch_.path() / "state"; }
    std::string socket() const { return (scratch_.path() / "tpm").string(); }

    // Listens already when it is handed on, so that nobody waits for the TPM to be there.
    static Fd listening(const std::string& path) {
        Fd made(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
        path.copy(address.sun_path, sizeof(address.sun_path) - 1);
        if (::bind(made.number(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0 ||
            ::listen(made.number(), 4) != 0)
            throw std::runtime_error("cannot listen at " + path);
        return made;
    }
    void start() {
        const Fd server = listening(socket()), control = listening(socket() + ".ctrl");
        swtpm_.emplace(
            good(Child::spawn({"swtpm", "socket", "--tpm2", "--tpmstate", "dir=" + state().string(), "--flags",
                               "startup-clear", "--server", "type=unixio,fd=" + std::to_string(server.number()),
                               "--ctrl", "type=unixio,fd=" + std::to_string(control.number())},
                              {server.number(), control.number()}, folder() / "swtpm.log")));
    }

    Scratch scratch_ = Scratch::make("tpm").value();
    std::optional<Child> swtpm_;
};

}  // namespace holdfast
