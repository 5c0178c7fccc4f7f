#include "boot/esp.hpp"

#include "base/file.hpp"
#include "boot/copy.hpp"

#include <vector>

namespace holdfast::boot {

namespace {

namespace fs = std::filesystem;

// As systemd-boot(7) and loader.conf(5) have them.
constexpr std::string_view settings = "timeout 0\nconsole-mode keep\neditor no\n";
constexpr std::string_view enrolling = "secure-boot-enroll force\n";

}  // namespace

Result<> write_loader(const fs::path& esp, const Loader& loader) {
    std::vector<Copy> copies{{loader.systemd_boot, esp / "EFI/BOOT" / loader.architecture.boot},
                             {loader.systemd_boot, esp / "EFI/systemd" / loader.architecture.systemd_boot()}};
    if (loader.keys)
        for (const auto* name : {"PK.auth", "KEK.auth", "db.auth"})
            copies.push_back({*loader.keys / name, esp / "loader/keys/auto" / name});
    TRY(room_for(esp, copies));
    TRY(place_all(copies));
    TRY(make_directories(esp / "loader"));
    return write_whole(esp / "loader/loader.conf", std::string(settings) + std::string(loader.keys ? enrolling : ""));
}

}  // namespace holdfast::boot
