// What EFI files are called on each processor (UEFI 2.10, table 3-1, "UEFI Image Types"): the one place that knows.
#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace holdfast::boot {

struct Architecture {
    std::string_view name;    // as mkosi and systemd spell it
    std::string_view suffix;  // of EFI file names
    std::string_view boot;    // what firmware starts from removable media, and where nothing else is registered

    // systemd's own name for its boot loader.
    std::string systemd_boot() const { return "systemd-boot" + std::string(suffix) + ".efi"; }
};

inline constexpr std::array architectures{Architecture{"x86-64", "x64", "BOOTX64.EFI"},
                                          Architecture{"arm64", "aa64", "BOOTAA64.EFI"}};

// The entry of that name; recipes hold no other names than these.
constexpr const Architecture& architecture(std::string_view name) {
    return *std::ranges::find(architectures, name, &Architecture::name);
}

// What this program was compiled for.
constexpr const Architecture& own_architecture() {
#if defined(__x86_64__)
    return architecture("x86-64");
#elif defined(__aarch64__)
    return architecture("arm64");
#else
#error "add this processor to the table above"
#endif
}

}  // namespace holdfast::boot
