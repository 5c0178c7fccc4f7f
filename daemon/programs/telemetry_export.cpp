// What nodes have recorded, for OpenTelemetry: into a file, or to a collector.
#include "base/file.hpp"
#include "base/handle.hpp"
#include "base/http.hpp"
#include "base/text.hpp"
#include "programs/telemetry_verbs.hpp"
#include "telemetry/outgoing.hpp"

#include <cerrno>
#include <cstdio>
#include <ctime>
#include <fcntl.h>
#include <unistd.h>

namespace holdfast {

namespace {

namespace fs = std::filesystem;
using namespace telemetry;

constexpr std::int64_t thousand = 1000;
constexpr std::size_t answer_limit = 64UL * 1024, headers_limit = 64UL * 1024;

// One document a line.
class Lines {
public:
    static Result<Lines> open(const fs::path& file) {
        if (file.empty() || file == "-") return Lines(Fd(), STDOUT_FILENO, "standard output");
        Fd opened(::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
        if (!opened) return std::unexpected(system_error(errno, file, "cannot open it"));
        const int number = opened.number();
        return Lines(std::move(opened), number, file);
    }
    Result<> write(const Json& document) { return write_all(number_, json::write(document) + "\n", file_); }
    // What a cursor says was written has to be on the disk.
    Result<> sync() {
        if (!owned_ || ::fsync(number_) == 0) return {};
        return std::unexpected(system_error(errno, file_, "cannot sync it"));
    }

private:
    Lines(Fd owned, int number, fs::path file) : owned_(std::move(owned)), number_(number), file_(std::move(file)) {}
    Fd owned_;
    int number_;
    fs::path file_;
};

class Collector {
public:
    static Result<Collector> open(const TelemetryArguments& a) {
        Collector made;
        made.url_ = a.post;
        while (made.url_.ends_with('/')) made.url_.pop_back();
        made.request_.content_type = "application/json";
        made.request_.ca_file = a.certificates;
        if (a.headers.empty()) return made;
        for (const auto& line : split(TRY(read_whole(a.headers, headers_limit)), '\n'))
            if (const auto field = trim(line); !field.empty() && !field.starts_with('#'))
                made.request_.fields.emplace_back(field);
        return made;
    }
    // OTLP/HTTP: 2xx is taken, 400 will never be, everything else may be one day.
    Result<> send(Signal signal, const Json& document) {
        request_.url = url_ + (signal == Signal::Metrics ? "/v1/metrics" : "/v1/logs");
        const auto answer = TRY(client_.post(request_, json::write(document), answer_limit));
        const std::string where = http::shown(request_.url);
        if (answer.status / 100 == 2) {
            if (const auto partly = rejected(answer.body); !partly.empty())
                std::fprintf(stderr, "holdfast telemetry: %s took a part only: %s\n", where.c_str(), partly.c_str());
            return {};
        }
        const std::string said = where + " answers " + std::to_string(answer.status);
        if (answer.status == 400) {
            std::fprintf(stderr, "holdfast telemetry: %s; this record is passed over\n", said.c_str());
            ++refused_;
            return {};
        }
        const bool later = answer.status == 429 || answer.status / 100 == 5;
        return fail(later ? Code::Offline : Code::Denied,
                    said + "; nothing is lost: try again" + (later ? " later" : " once it takes what is sent"));
    }
    std::uint64_t refused() const { return refused_; }

private:
    // ExportMetricsPartialSuccess, ExportLogsPartialSuccess.
    static std::string rejected(const std::string& body) {
        const auto answer = json::parse(body, answer_limit);
        if (!answer || !answer->is_object() || !answer->contains("partialSuccess")) return {};
        const auto& partly = (*answer)["partialSuccess"];
        if (!partly.is_object() || partly.empty()) return {};
        return harmless(json::write(partly)).substr(0, 500);
    }
    http::Client client_;
    http::Request request_;
    std::string url_;
    std::uint64_t refused_ = 0;
};

Result<Export> wanted(const TelemetryArguments& a) {
    Export what;
    auto nodes = TRY(TelemetryNodes::open(a.root));
    if (a.node.empty())
        for (auto& each : nodes.all)
            if (nodes.set_apart.contains(each.first))
                std::fprintf(stderr, "holdfast telemetry: %s is left out, as it is in quarantine (--node exports it)\n",
                             harmless(each.second.node).c_str());
            else
                what.nodes.push_back(std::move(each));
    else
        what.nodes = {TRY(nodes.meant(a.node))};
    what.since = TRY(since(a.since, static_cast<std::int64_t>(std::time(nullptr)) * thousand));
    return what;
}

Result<Exported> into_lines(const TelemetryArguments& a, feed::Store& feeds, const Export& what) {
    auto lines = TRY(Lines::open(a.out));
    const auto done =
        TRY(export_records(feeds, what, [&](Signal, const Json& document) { return lines.write(document); }));
    TRY(lines.sync());
    if (what.cursor) TRY(what.cursor->keep());
    return done;
}

}  // namespace

Result<int> export_telemetry(const TelemetryArguments& a) {
    auto what = TRY(wanted(a));
    std::optional<Cursor> cursor;
    if (!a.cursor.empty()) cursor = TRY(Cursor::open(a.cursor));
    what.cursor = cursor ? &*cursor : nullptr;
    auto feeds = TRY(feed::Store::open(feeds_file(a.root)));
    Exported done;
    std::uint64_t refused = 0;
    if (a.post.empty()) {
        done = TRY(into_lines(a, feeds, what));
    } else {
        auto collector = TRY(Collector::open(a));
        what.keep_each = true;
        done = TRY(export_records(
            feeds, what, [&](Signal signal, const Json& document) { return collector.send(signal, document); }));
        refused = collector.refused();
    }
    for (const auto& each : done.unread)
        std::fprintf(stderr, "holdfast telemetry: passed over: %s\n", harmless(each).c_str());
    std::fprintf(stderr, "holdfast telemetry: %llu records%s\n",
                 static_cast<unsigned long long>(done.records - refused), a.post.empty() ? "" : " sent");
    return done.unread.empty() && refused == 0 ? 0 : exit_code(Code::Corrupt);
}

}  // namespace holdfast
