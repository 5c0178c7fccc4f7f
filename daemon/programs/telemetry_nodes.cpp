#include "base/text.hpp"
#include "enroll/kept.hpp"
#include "feed/store.hpp"
#include "programs/telemetry_verbs.hpp"
#include "sync/nodes.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <sstream>

namespace holdfast {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t digits = 8;
constexpr auto folder = "var/lib/holdfast";

telemetry::Resource resource_of(const std::string& id) {
    const auto parsed = identity::SpiffeId::parse(id);
    return parsed ? telemetry::Resource{id, parsed->box, parsed->site} : telemetry::Resource{id, "", ""};
}

}  // namespace

fs::path feeds_file(const fs::path& root) {
    return root / folder / "feeds.db";
}

Result<TelemetryNodes> TelemetryNodes::open(const fs::path& root) {
    TelemetryNodes made;
    const auto add = [&](const Digest& origin, const std::string& id) {
        if (!std::ranges::contains(made.all, origin, [](const auto& each) { return each.first; }))
            made.all.emplace_back(origin, resource_of(id));
    };
    if (const auto box = TRY(enroll::Kept(root).identity())) {
        add(TRY(digest_of(box->certificate.fingerprint)), box->id.uri());
        made.admitted = true;
    }
    auto nodes = TRY(sync::Nodes::open(root / folder / "nodes.db"));
    for (const auto& each : TRY(nodes.all())) {
        add(each.origin, each.id);
        if (!each.quarantine.empty()) made.set_apart.insert(each.origin);
    }
    // Feeds come with certificates; one without is told under its number.
    auto feeds = TRY(feed::Store::open(feeds_file(root)));
    for (const auto& each : TRY(feeds.feeds()))
        if (each.kind == feed::Class::Telemetry) add(each.origin, "node " + hex(each.origin).substr(0, digits));
    return made;
}

Result<std::pair<Digest, telemetry::Resource>> TelemetryNodes::meant(const std::string& words) const {
    if (words.empty() && admitted) return all.front();
    if (words.empty())
        return fail(
            Code::NotFound,
            "this box has not been admitted anywhere, so it records nothing; look with: holdfast telemetry show "
            "--now; next: holdfast enroll request");
    const auto is = [&](const auto& each) {
        return each.second.host == words || sync::is_called(each.second.node, each.first, words);
    };
    const auto found = std::ranges::find_if(all, is);
    if (found == all.end())
        return fail(Code::NotFound, "nobody called '" + words + "' is known here; look with: holdfast feed list");
    return *found;
}

Result<std::int64_t> since(const std::string& words, std::int64_t now) {
    constexpr std::int64_t minute = 60'000, hour = 60 * minute, day_length = 24 * hour;
    constexpr std::array units{std::pair{'m', minute}, std::pair{'h', hour}, std::pair{'d', day_length}};
    if (words.empty()) return 0;
    for (const auto& [letter, length] : units) {
        std::uint32_t count = 0;
        const auto* end = words.data() + words.size() - 1;
        if (words.back() != letter || std::from_chars(words.data(), end, count).ptr != end || end == words.data())
            continue;
        return now - static_cast<std::int64_t>(count) * length;
    }
    std::istringstream text(words);
    std::chrono::sys_days day;
    text >> std::chrono::parse("%Y-%m-%d", day);
    if (text.fail() || text.peek() != std::istringstream::traits_type::eof())
        return fail(Code::Corrupt, "'" + words + "' is no time; write 90m, 24h, 7d, or a day as 2026-11-30");
    return std::chrono::duration_cast<std::chrono::milliseconds>(day.time_since_epoch()).count();
}

std::string harmless(std::string_view text) {
    std::string made = valid_utf8(text);
    for (std::size_t i = 0; i < made.size(); ++i) {
        const auto byte = static_cast<unsigned char>(made[i]);
        if (byte < ' ' || byte == 0x7F) made[i] = ' ';
        // U+0080 to U+009F are controls, too.
        if (byte == 0xC2 && static_cast<unsigned char>(made[i + 1]) < 0xA0) made.replace(i, 2, " ");
    }
    return made;
}

}  // namespace holdfast
