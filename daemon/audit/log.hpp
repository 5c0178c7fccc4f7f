// The box's feed of class `audit`: where deeds are written down. What was done before the box was admitted, and so had
// no number to write under, stands in a feed of no node, and goes over into the box's own once there is one.
#pragma once

#include "audit/record.hpp"
#include "feed/store.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace holdfast::audit {

// Nobody's number: of a box that was not admitted. Such a feed is never signed and never carried.
inline constexpr feed::Feed before_admission{Digest{}, feed::Class::Audit};

// For one thread; several programs may write at the same time.
class Log {
public:
    // Below `root`; `origin` is the box's number, or nothing. Takes over what was written down before.
    static Result<Log> open(const std::filesystem::path& root, const std::optional<Digest>& origin);

    // Each is durable when it returns. The sequence of the deed, which its end tells.
    Result<std::uint64_t> begin(const Begun& begun);
    Result<> end(const Ended& ended);
    // Both at once: what was asked for and is not done.
    Result<> refuse(const Begun& begun, const std::string& why);

    const feed::Feed& feed() const { return feed_; }
    feed::Store& feeds() { return feeds_; }

private:
    Log(feed::Store feeds, const feed::Feed& feed) : feeds_(std::move(feeds)), feed_(feed) {}
    Result<std::uint64_t> append(const std::vector<feed::Draft>& drafts);
    Result<std::vector<feed::Record>> left_behind();
    Result<> take_over();
    feed::Store feeds_;
    feed::Feed feed_;
};

}  // namespace holdfast::audit
