#include "telemetry/outgoing.hpp"

#include "base/file.hpp"
#include "base/text.hpp"

namespace holdfast::telemetry {

namespace {

constexpr auto what_it_is = "holdfast-telemetry-cursor-1";

// Nothing for a record of another type, and for one that ended too early.
Result<std::optional<std::pair<Signal, Json>>> document_of(const feed::Record& record, const Resource& resource,
                                                           std::int64_t since) {
    using Made = std::optional<std::pair<Signal, Json>>;
    if (record.type == window_type) {
        const auto window = TRY(parse_window(record.payload));
        if (window.span.until < since) return Made();
        return Made(std::pair(Signal::Metrics, metrics_request(resource, window)));
    }
    if (record.type == logs_type) {
        const auto logs = TRY(parse_logs(record.payload));
        if (logs.span.until < since) return Made();
        return Made(std::pair(Signal::Logs, logs_request(resource, logs)));
    }
    return Made();
}

class Journey {
public:
    Journey(const Export& what, const Send& send) : what_(what), send_(send) {}
    Result<> take(const Digest& origin, const Resource& resource, const feed::Record& record) {
        const auto document = document_of(record, resource, what_.since);
        if (!document)
            done_.unread.push_back("record " + std::to_string(record.sequence) + " of " + resource.node + ": " +
                                   document.error().what);
        else if (!*document)
            ++done_.skipped;
        else
            TRY(go((*document)->first, (*document)->second));
        if (!what_.cursor) return {};
        what_.cursor->advance(origin, record.sequence + 1);
        return what_.keep_each ? what_.cursor->keep() : Result<>();
    }
    Exported& done() { return done_; }

private:
    Result<> go(Signal signal, const Json& document) {
        TRY(send_(signal, document));
        ++done_.records;
        return {};
    }
    const Export& what_;
    const Send& send_;
    Exported done_;
};

}  // namespace

Result<Cursor> Cursor::open(const std::filesystem::path& file) {
    Cursor made(file);
    const auto bytes = TRY(read_if_there(file));
    if (!bytes) return made;
    const auto value = TRY(in(file.string(), json::parse(*bytes, 16 * mebibyte)));
    const auto wrong = fail(Code::Corrupt, file.string() + ": this is no cursor of an export; name another file");
    if (!value.is_object() || value.value("what", Json()) != what_it_is || !value.contains("next")) return wrong;
    if (!value["next"].is_object()) return wrong;
    for (const auto& [origin, next] : value["next"].items()) {
        const auto digest = digest_of(origin);
        if (!digest || !next.is_number_unsigned()) return wrong;
        made.next_[*digest] = next.get<std::uint64_t>();
    }
    return made;
}

std::uint64_t Cursor::next(const Digest& origin) const {
    const auto found = next_.find(origin);
    return found == next_.end() ? 0 : found->second;
}

Result<> Cursor::keep() const {
    Json next = Json::object();
    for (const auto& [origin, sequence] : next_) next[hex(origin)] = sequence;
    return write_whole(file_, json::write({{"what", what_it_is}, {"next", std::move(next)}}) + "\n");
}

Result<Exported> export_records(feed::Store& feeds, const Export& what, const Send& send) {
    Journey journey(what, send);
    for (const auto& [origin, resource] : what.nodes) {
        const auto from = what.cursor ? what.cursor->next(origin) : 0;
        TRY(feeds.read({origin, feed::Class::Telemetry}, from,
                       [&](const feed::Record& record) { return journey.take(origin, resource, record); }));
    }
    return std::move(journey.done());
}

}  // namespace holdfast::telemetry
