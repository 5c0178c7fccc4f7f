// Records of all nodes' feeds that are here, on their way to a collector.
#pragma once

#include "base/json.hpp"
#include "feed/store.hpp"
#include "telemetry/otlp.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace holdfast::telemetry {

// How far each feed was sent, on disk.
class Cursor {
public:
    // None yet where there is no such file. Corrupt where it is no cursor.
    static Result<Cursor> open(const std::filesystem::path& file);
    std::uint64_t next(const Digest& origin) const;
    void advance(const Digest& origin, std::uint64_t next) { next_[origin] = next; }
    // Durable when it returns.
    Result<> keep() const;

private:
    explicit Cursor(std::filesystem::path file) : file_(std::move(file)) {}
    std::filesystem::path file_;
    std::map<Digest, std::uint64_t> next_;
};

enum class Signal : std::uint8_t { Metrics, Logs };

struct Export {
    std::vector<std::pair<Digest, Resource>> nodes;  // whose feeds
    std::int64_t since = 0;                          // milliseconds since the epoch; what ended before is passed over
    Cursor* cursor = nullptr;                        // moved on with each record; none: from the beginning
    bool keep_each = false;                          // and kept each time; else that is the caller's, once all is safe
};
struct Exported {
    std::uint64_t records = 0, skipped = 0;  // sent; of other types
    std::vector<std::string> unread;         // records that cannot be read, which were passed over
};
// One document for each record. An Error of `send` ends it; what was sent before stays sent.
using Send = std::function<Result<>(Signal signal, const Json& document)>;
Result<Exported> export_records(feed::Store& feeds, const Export& what, const Send& send);

}  // namespace holdfast::telemetry
