#include "agent/update_desk.hpp"

#include "base/file.hpp"
#include "base/json.hpp"

#include <algorithm>
#include <array>

namespace holdfast::agent {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t text_limit = 4096, file_limit = 64UL * 1024;
constexpr std::array<std::string_view, 7> verbs{"check",        "download",  "apply", "rollback",
                                                "release-hold", "automatic", "go-on"};

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

Result<std::optional<Done>> done_in(const Json& json) {
    const auto found = json.find("finished");
    if (found == json.end() || found->is_null()) return std::optional<Done>();
    TRY(json::only(*found, {"good", "code", "what", "reboots"}));
    Done done;
    done.good = TRY(json::boolean(*found, "good"));
    done.code = TRY(json::text(*found, "code", 16));
    done.what = TRY(json::text(*found, "what", file_limit));
    done.reboots = TRY(json::boolean(*found, "reboots"));
    return std::optional(done);
}

}  // namespace

Result<Request> parse_request(std::string_view text) {
    const Json json = TRY(json::parse(text, file_limit));
    TRY(json::only(json, {"id", "verb", "source", "downgrade_to", "commit", "now", "keep_data"}));
    Request request;
    request.id = TRY(number(json, "id"));
    request.verb = TRY(json::text(json, "verb", 32));
    request.source = TRY(json::text(json, "source", text_limit));
    request.downgrade_to = TRY(json::text(json, "downgrade_to", text_limit));
    request.commit = TRY(json::text(json, "commit", 64));
    request.now = TRY(json::boolean(json, "now"));
    request.keep_data = TRY(json::boolean(json, "keep_data"));
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
                        {"keep_data", request.keep_data}});
}

Result<Work> parse_work(std::string_view text) {
    const Json json = TRY(json::parse(text, 2 * file_limit));
    TRY(json::only(json, {"id", "verb", "phase", "done", "total", "finished"}));
    Work work;
    work.id = TRY(number(json, "id"));
    work.verb = TRY(json::text(json, "verb", 32));
    work.phase = TRY(json::text(json, "phase", 64));
    work.done = TRY(number(json, "done"));
    work.total = TRY(number(json, "total"));
    work.finished = TRY(done_in(json));
    return work;
}

std::string write_work(const Work& work) {
    Json json{{"id", work.id},     {"verb", work.verb},   {"phase", work.phase},
              {"done", work.done}, {"total", work.total}, {"finished", nullptr}};
    if (const auto& done = work.finished)
        json["finished"] = {
            {"good", done->good}, {"code", done->code}, {"what", done->what}, {"reboots", done->reboots}};
    return json::write(json);
}

Result<> hand_in(const fs::path& root, const Request& request) {
    TRY(parse_request(write_request(request)));
    const Work now = listen(root);
    std::error_code none;
    if ((now.id != 0 && !now.finished) || fs::exists(request_file(root), none))
        return fail(Code::Busy, "another request is being worked at" + (now.verb.empty() ? "" : " (" + now.verb + ")") +
                                    "; look with: holdfast update status");
    TRY(make_directories(root / desk_folder));
    return write_whole(request_file(root), write_request(request), 0600);
}

Result<Request> take(const fs::path& root) {
    const std::string text = TRY(read_whole(request_file(root), file_limit));
    std::error_code none;
    fs::remove(request_file(root), none);
    return parse_request(text);
}

Result<> tell(const fs::path& root, const Work& work) {
    TRY(make_directories(root / desk_folder));
    return write_whole(work_file(root), write_work(work));
}

Work listen(const fs::path& root) {
    const auto text = read_whole(work_file(root), 2 * file_limit);
    if (!text) return {};
    return parse_work(*text).value_or(Work{});
}

}  // namespace holdfast::agent
