// A software TPM of this test alone.
#pragma once

#include "base/handle.hpp"
#include "base/process.hpp"
#include "base/scratch.hpp"
#include "tpm/manufacture.hpp"
#include "tpm/tpm.hpp"

#include <boost/test/unit_test.hpp>
#include <optional>
#include <sys/socket.h>
#include <sys/un.h>

namespace holdfast {

template <class T>
T good(Result<T> result) {
    // The error is looked at only where there is one.
    BOOST_REQUIRE_MESSAGE(result.has_value(), (result ? std::string() : result.error().what));
    if constexpr (!std::is_void_v<T>) return *std::move(result);
}

class RealTpm {
public:
    enum class Certificates { No, Yes };

    explicit RealTpm(Certificates certificates = Certificates::No) {
        std::filesystem::create_directories(state());
        if (certificates == Certificates::Yes) good(manufacture_tpm(state(), folder()));
        start();
    }

    std::string tcti() const { return "swtpm:path=" + socket(); }
    tpm::Tpm open() const { return good(tpm::Tpm::open(tcti())); }
    // A program of tpm2-tools on this TPM.
    std::string tool(const Arguments& arguments) const {
        const auto done = ran(arguments);
        BOOST_REQUIRE_MESSAGE(done.exit == 0, arguments.front() + ": " + done.errors);
        return done.output;
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
        BOOST_REQUIRE_LT(path.size(), sizeof(address.sun_path));
        path.copy(address.sun_path, path.size());
        BOOST_REQUIRE_EQUAL(::bind(made.number(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
        BOOST_REQUIRE_EQUAL(::listen(made.number(), 4), 0);
        return made;
    }
    void start() {
        const Fd server = listening(socket()), control = listening(socket() + ".ctrl");
        auto child = Child::spawn({"swtpm", "socket", "--tpm2", "--tpmstate", "dir=" + state().string(), "--flags",
                                   "startup-clear", "--server", "type=unixio,fd=" + std::to_string(server.number()),
                                   "--ctrl", "type=unixio,fd=" + std::to_string(control.number())},
                                  {server.number(), control.number()}, folder() / "swtpm.log");
        BOOST_REQUIRE(child.has_value());
        swtpm_.emplace(*std::move(child));
    }
    Scratch scratch_ = Scratch::make("tpm").value();
    std::optional<Child> swtpm_;
};

}  // namespace holdfast
