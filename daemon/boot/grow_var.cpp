// holdfast-grow-var: gives the partition of /var what is free behind it, by systemd-repart(8). Started before /var is
// mounted, at every boot; where there is nothing to gain it only reads /sys.
#include "boot/growth.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <unistd.h>

namespace {

using namespace holdfast;
namespace fs = std::filesystem;

constexpr auto var = "/dev/disk/holdfast/var-partition";
constexpr auto repart = "/usr/bin/systemd-repart";

int refuse(const std::string& why) {
    std::fprintf(stderr, "holdfast-grow-var: %s; /var stays as it is\n", why.c_str());
    return 1;
}

}  // namespace

int main() {
    std::error_code error;
    const fs::path partition = fs::canonical(var, error);
    if (error) return refuse(std::string(var) + ": " + error.message());
    const auto growth = boot::growth_of(partition.filename());
    if (!growth) return refuse(growth.error().what);
    if (growth->free < boot::worth_growing) return 0;
    std::printf("growing %s by %llu bytes\n", partition.c_str(), static_cast<unsigned long long>(growth->free));
    std::fflush(stdout);
    ::execl(repart, repart, "--dry-run=no", "--definitions=/usr/lib/holdfast/grow.d", growth->disk.c_str(), nullptr);
    return refuse(std::string(repart) + ": " + std::strerror(errno));
}
