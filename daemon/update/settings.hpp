// What a site wants of updates: /etc/holdfast/update.yaml over /usr/lib/holdfast/update.yaml.
#pragma once

#include "base/result.hpp"
#include "update/window.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace holdfast::update {

enum class Automatic { Nothing, Check, Download, Apply };  // how far the box goes by itself

struct Settings {
    std::string source;  // http(s) URL or folder of a published repository; empty: none
    std::string ref;     // what to follow; empty: the one of the running image
    Automatic automatic = Automatic::Nothing;
    Window window;                                // when the box may restart for an update; empty: at any time
    std::uint64_t bytes_per_second = 0;           // 0: no limit
    std::uint64_t bytes_per_day = 0;              // 0: no limit
    std::chrono::minutes deadline{15};            // for the verdict of a slot on trial, since the start
    bool all_tries = false;                       // use up all tries after a red verdict, too
    bool must_save = true;                        // nothing is applied where the runtime's data could not be saved
    std::filesystem::path certificate_authority;  // PEM file; empty: those of the image
};

// Keys: source, ref, automatic (nothing, check, download, apply), window, rate, budget, deadline-minutes, red
// (fall-back, try-again), snapshot (required, wanted), certificate-authority. Sizes as "500K", "2M", "1G"; rates and
// budgets in bytes a second and a day. Each refusal names file, line and key.
Result<Settings> parse_settings(std::string_view text, const std::string& name);
// The file of /etc where there is one, else that of the image, else the defaults.
Result<Settings> load_settings(const std::filesystem::path& root);

}  // namespace holdfast::update
