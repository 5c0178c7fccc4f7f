// Requests that came over a line and wait for a person: a folder of files, one for each, to be given to `admit`.
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>

namespace holdfast::hub {

class Waiting {
public:
    static constexpr std::int64_t patience = 86'400;  // seconds; a box that waits asks every few minutes

    // Of the authority in `folder`; so many at most.
    explicit Waiting(const std::filesystem::path& folder, std::size_t most = 1000)
        : folder_(folder / "waiting"), most_(most) {}
    // Where the request with that digest (SHA-256, hex) lies, or would lie.
    std::filesystem::path file(const std::string& digest) const { return folder_ / (digest + ".request"); }

    // Whether that request is kept already; its box has asked again.
    bool asked_again(const std::string& digest, std::int64_t now) const;

    enum class Kept { New, Full };
    // Keeps another request until it is answered. `open` are the digests of those that have no answer. What is not
    // among them goes after a day, and the answers that lie beside them, too; where there are too many, it goes at
    // once, and so do those of boxes that have not asked for a day. Full where that was not enough.
    Result<Kept> keep(std::string_view request, const std::set<std::string>& open, std::int64_t now) const;
    // Its box has the answer.
    void drop(const std::string& digest) const;

private:
    std::filesystem::path folder_;
    std::size_t most_;
};

}  // namespace holdfast::hub
