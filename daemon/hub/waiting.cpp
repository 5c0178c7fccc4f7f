#include "hub/waiting.hpp"

#include "base/digest.hpp"
#include "base/file.hpp"

#include <algorithm>
#include <chrono>

namespace holdfast::hub {

namespace {

namespace fs = std::filesystem;

bool is_request(const fs::path& file) {
    return file.extension() == ".request";
}

// An answer that `admit` has put beside its request goes with it.
bool is_ours(const fs::path& file) {
    return is_request(file) || file.extension() == ".answer";
}

fs::file_time_type as_file_time(std::int64_t now) {
    return std::chrono::file_clock::from_sys(std::chrono::sys_seconds(std::chrono::seconds(now)));
}

std::size_t count_requests(const fs::path& folder) {
    std::error_code error;
    return static_cast<std::size_t>(
        std::ranges::count_if(fs::directory_iterator(folder, error), fs::directory_iterator(),
                              [](const fs::directory_entry& entry) { return is_request(entry.path()); }));
}

}  // namespace

bool Waiting::asked_again(const std::string& digest, std::int64_t now) const {
    std::error_code gone;
    fs::last_write_time(file(digest), as_file_time(now), gone);
    return !gone;
}

Result<Waiting::Kept> Waiting::keep(std::string_view request, const std::set<std::string>& open,
                                    std::int64_t now) const {
    TRY(make_directories(folder_));
    const auto is_open = [&](const fs::path& each) { return open.contains(each.stem()); };
    const auto is_old = [&](const fs::path& each) {
        std::error_code error;
        return fs::last_write_time(each, error) < as_file_time(now - patience);
    };
    TRY(remove_entries(folder_, [&](const fs::path& each) { return is_ours(each) && is_old(each) && !is_open(each); }));
    if (count_requests(folder_) >= most_)
        TRY(remove_entries(folder_,
                           [&](const fs::path& each) { return is_ours(each) && (is_old(each) || !is_open(each)); }));
    if (count_requests(folder_) >= most_) return Kept::Full;
    const std::string digest = sha256_hex(request);
    TRY(write_whole(file(digest), request));
    asked_again(digest, now);
    return Kept::New;
}

void Waiting::drop(const std::string& digest) const {
    std::error_code none;
    for (const auto* kind : {".request", ".answer"}) fs::remove(folder_ / (digest + kind), none);
}

}  // namespace holdfast::hub
