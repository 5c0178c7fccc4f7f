#include "vm/swtpm.hpp"

#include "base/file.hpp"

#include <array>
#include <cerrno>
#include <sys/socket.h>

namespace holdfast::vm {

Result<Swtpm> Swtpm::start(const std::filesystem::path& state, const std::filesystem::path& log) {
    TRY(make_directories(state));
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) < 0)
        return std::unexpected(system_error(errno, "socket pair", "cannot make"));
    const Fd theirs(ends[1]);
    Fd wire(ends[0]);
    // No startup-clear: the firmware starts the TPM itself, and a second time is an error. The path is absolute,
    // since swtpm may change its folder.
    auto child = TRY(Child::spawn(
        {"swtpm", "socket", "--tpm2", "--terminate", "--tpmstate", "dir=" + std::filesystem::absolute(state).string(),
         "--ctrl", "type=unixio,clientfd=" + std::to_string(theirs.number())},
        {theirs.number()}, log));
    return Swtpm{std::move(child), std::move(wire)};
}

}  // namespace holdfast::vm
