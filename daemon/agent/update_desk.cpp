#include "agent/update_desk.hpp"

#include "base/file.hpp"
#include "base/json.hpp"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <mutex>

namespace holdfast::agent {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t text_limit = 4096, file_limit = 64UL * 1024;
constexpr std::size_t work_limit = 1024UL * 1024, ends_kept = 8;
constexpr std::array<std::string_view, 8> verbs{"check",        "download", "apply",     "rollback",
                                                "release-hold", "stop",     "automatic", "go-on"};
constexpr std::array<std::string_view, 3> stoppable{"check", "download", "automatic"};

Result<std::uint64_t> number(const Json& json, const char* key) {
    const auto found = json.find(key);
    if (found == json.end() || !found->is_number_unsigned())
        return fail(Code::Corrupt, std::string(key) + ": must be a whole number");
    return found->get<std::uint64_t>();
}

fs::path request_file(const fs::path& root) {
    return root / desk_folder / "request.json";
}
fs::path work_file(const fs::path& root) {
    return root / desk_folder / "progress.json";
}

Json as_json(const Done& done) {
    return {{"good", done.good}, {"code", done.code}, {"what", done.what}, {"reboots", done.reboots}};
}

Result<Done> parse_done(const Json& json) {
    TRY(json::only(json, {"good", "code", "what", "reboots"}));
    Done done;
    done.good = TRY(json::boolean(json, "good"));
    done.code = TRY(json::text(json, "code", 16));
    done.what = TRY(json::text(json, "what", file_limit));
    done.reboots = TRY(json::boolean(json, "reboots"));
    return done;
}

Result<std::optional<Done>> done_in(const Json& json) {
    const auto found = json.find("finished");
    if (found == json.end() || found->is_null()) return std::optional<Done>();
    return std::optional(TRY(parse_done(*found)));
}

Result<std::vector<End>> ends_in(const Json& json) {
    std::vector<End> ends;
    const auto found = json.find("before");
    if (found == json.end()) return ends;
    if (!found->is_array() || found->size() > ends_kept)
        return fail(Code::Corrupt, "before: must be a list of the last ends");
    for (const auto& each : *found) {
        TRY(json::only(each, {"id", "done"}));
        if (!each.contains("done")) return fail(Code::Corrupt, "done: is missing");
        const std::uint64_t id = TRY(number(each, "id"));
        ends.push_back({id, TRY(parse_done(each["done"]))});
    }
    return ends;
}

}  // namespace

Result<Request> parse_request(std::string_view text) {
    const Json json = TRY(json::parse(text, file_limit));
    TRY(json::only(json, {"id", "verb", "source", "downgrade_to", "commit", "now", "keep_data", "why", "who"}));
    Request request;
    request.id = TRY(number(json, "id"));
    request.verb = TRY(json::text(json, "verb", 32));
    request.source = TRY(json::text(json, "source", text_limit));
    request.downgrade_to = TRY(json::text(json, "downgrade_to", text_limit));
    request.commit = TRY(json::text(json, "commit", 64));
    request.now = TRY(json::boolean(json, "now"));
    request.keep_data = TRY(json::boolean(json, "keep_data"));
    request.why = TRY(json::text(json, "why", text_limit));
    if (const auto who = json.find("who"); who != json.end() && !who->is_null())
        request.who = TRY(in("who", audit::parse_who(*who)));
    if (std::ranges::contains(verbs, request.verb)) return request;
    return fail(Code::Corrupt, "there is no update verb '" + request.verb + "'");
}

std::string write_request(const Request& request) {
    return json::write({{"id", request.id},
                        {"verb", request.verb},
                        {"source", request.source},
                        {"downgrade_to", request.downgrade_to},
                        {"commit", request.commit},
                        {"now", request.now},
                        {"keep_data", request.keep_data},
                        {"why", request.why},
                        {"who", request.who ? audit::as_json(*request.who) : Json()}});
}

Result<Work> parse_work(std::string_view text) {
    const Json json = TRY(json::parse(text, work_limit));
    TRY(json::only(json, {"id", "verb", "phase", "done", "total", "finished", "before"}));
    Work work;
    work.id = TRY(number(json, "id"));
    work.verb = TRY(json::text(json, "verb", 32));
    work.phase = TRY(json::text(json, "phase", 64));
    work.done = TRY(number(json, "done"));
    work.total = TRY(number(json, "total"));
    work.finished = TRY(done_in(json));
    work.before = TRY(ends_in(json));
    return work;
}

std::string write_work(const Work& work) {
    Json before = Json::array();
    for (const auto& end : work.before) before.push_back({{"id", end.id}, {"done", as_json(end.done)}});
    return json::write({{"id", work.id},
                        {"verb", work.verb},
                        {"phase", work.phase},
                        {"done", work.done},
                        {"total", work.total},
                        {"finished", work.finished ? as_json(*work.finished) : Json()},
                        {"before", std::move(before)}});
}

std::vector<End> ends(const Work& work) {
    auto ends = work.before;
    if (work.id != 0 && work.finished) ends.insert(ends.begin(), {work.id, *work.finished});
    return ends;
}

Result<> hand_in(const fs::path& root, const Request& request) {
    TRY(parse_request(write_request(request)));
    const std::string look = "; look with: holdfast update status";
    std::error_code none;
    if (fs::exists(request_file(root), none)) return fail(Code::Busy, "another request waits to be worked at" + look);
    const Work now = listen(root);
    if (now.id != 0 && !now.finished && !std::ranges::contains(stoppable, now.verb))
        return fail(Code::Busy, "another request is being worked at (" + now.verb + ")" + look);
    TRY(make_directories(root / desk_folder));
    return write_whole(request_file(root), write_request(request), 0600);
}

Result<Request> waiting(const fs::path& root) {
    return parse_request(TRY(read_whole(request_file(root), file_limit)));
}

Result<Request> take(const fs::path& root) {
    auto request = waiting(root);
    std::error_code none;
    fs::remove(request_file(root), none);
    return request;
}

Result<> tell(const fs::path& root, Work work) {
    TRY(make_directories(root / desk_folder));
    work.before = ends(listen(root));
    std::erase_if(work.before, [&](const End& end) { return end.id == work.id; });
    if (work.before.size() > ends_kept) work.before.resize(ends_kept);
    return write_whole(work_file(root), write_work(work));
}

Work listen(const fs::path& root) {
    const auto text = read_whole(work_file(root), work_limit);
    if (!text) return {};
    return parse_work(*text).value_or(Work{});
}

RequestWatch::RequestWatch(fs::path root, std::stop_source stop)
    : looking_([root = std::move(root), stop = std::move(stop)](const std::stop_token& over) mutable {
          std::error_code none;
          do {
              if (fs::exists(request_file(root), none)) stop.request_stop();
          } while (!stop.stop_requested() && pass(over, std::chrono::seconds(1)));
      }) {}

bool pass(const std::stop_token& stop, std::chrono::milliseconds time) {
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any stopped;
    stopped.wait_for(lock, stop, time, [] { return false; });
    return !stop.stop_requested();
}

}  // namespace holdfast::agent
