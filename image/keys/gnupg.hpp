// gpg's home, reached by a short name, and its agent ended when nobody needs it any more.
#pragma once

#include "base/process.hpp"
#include "base/result.hpp"
#include "base/scratch.hpp"

#include <filesystem>
#include <string>

namespace holdfast::keys {

class Gnupg {
public:
    // `home` must exist.
    static Result<Gnupg> open(const std::filesystem::path& home);
    Gnupg(Gnupg&&) = default;
    ~Gnupg();  // gpg-agent, started by gpg or by whoever else used path(), would outlive us

    // gpg-agent's sockets lie in its home, and a socket's name has at most 107 bytes: a long checkout's own path is
    // too long for them, so this is a link to it.
    std::filesystem::path path() const { return scratch_.path() / "g"; }
    Result<std::string> run(const Arguments& arguments) const;
    // Fingerprints of the keys whose secret half is here, or of those in a keyring file.
    Result<std::vector<std::string>> secret_keys() const;
    Result<std::vector<std::string>> keys_in(const std::filesystem::path& keyring) const;

private:
    explicit Gnupg(Scratch scratch) : scratch_(std::move(scratch)) {}
    Scratch scratch_;
};

}  // namespace holdfast::keys
