#include "vm/agent.hpp"

#include <algorithm>
#include <openssl/evp.h>

namespace holdfast::vm {

namespace {

// The agent tells nothing when a command ends, so it is asked, at first often and then less.
constexpr std::chrono::milliseconds first_pause{5}, longest_pause{200};
// guest-file-read of this many bytes at once stays far below the frame's limit as base64.
constexpr std::size_t piece = 1024UL * 1024;

std::string request(const char* name, const Json& arguments) {
    Json message{{"execute", name}};
    if (!arguments.empty()) message["arguments"] = arguments;
    return json::write(message) + "\n";
}

Result<std::string> decoded(const Json& answer, const char* key) {
    const auto found = answer.find(key);
    if (found == answer.end()) return std::string();
    if (!found->is_string()) return fail(Code::Corrupt, std::string("guest agent: '") + key + "' is not text");
    return from_base64(found->get_ref<const std::string&>());
}

template <class T>
Result<T> member(const Json& answer, const char* key) {
    const auto found = answer.is_object() ? answer.find(key) : answer.end();
    if (!answer.is_object() || found == answer.end())
        return fail(Code::Corrupt, std::string("guest agent: no '") + key + "' in its answer");
    if (!found->is_number_integer() && !found->is_boolean())
        return fail(Code::Corrupt, std::string("guest agent: '") + key + "' is of the wrong type");
    return found->get<T>();
}

Result<Finished> finished_from(const Json& status) {
    Finished finished;
    if (status.contains("exitcode")) finished.exit = TRY(member<int>(status, "exitcode"));
    if (status.contains("signal")) finished.exit = 128 + TRY(member<int>(status, "signal"));
    finished.output = TRY(decoded(status, "out-data"));
    finished.errors = TRY(decoded(status, "err-data"));
    return finished;
}

}  // namespace

Result<Agent> Agent::connect(Port& port, Step step, Deadline deadline) {
    Agent agent(port, std::move(step));
    TRY(in("guest agent", agent.synchronise(deadline)));
    return agent;
}

Result<> Agent::synchronise(Deadline deadline) {
    static int serial = 0;
    const int id = ++serial * 7919;
    // The byte 0xff makes the agent forget a half message from before; it sends one itself in front of its answer.
    port_->channel.send("\xff" + request("guest-sync-delimited", {{"id", id}}));
    while (true) {
        const auto said = answer(deadline);
        if (said && said->is_number_integer() && *said == id) return {};
        // Anything else answers a question that somebody asked before us.
        if (!said && said.error().code == Code::Offline) return std::unexpected(said.error());
    }
}

Result<Json> Agent::answer(Deadline deadline) {
    while (true) {
        if (const auto frame = port_->frames.next()) {
            Json message = TRY(in("guest agent", json::parse(*frame, Port::frame_limit)));
            if (message.is_object() && message.contains("return")) return std::move(message["return"]);
            return fail(Code::Bug, "guest agent: " + frame->substr(0, 500));
        }
        if (deadline.passed()) return fail(Code::Offline, "the guest agent did not answer in time");
        TRY(step_(deadline));
    }
}

Result<Json> Agent::call(const char* name, const Json& arguments, Deadline deadline) {
    port_->channel.send(request(name, arguments));
    return in(name, answer(deadline));
}

Result<Finished> Agent::run(const Arguments& arguments, Deadline deadline, const std::string& input) {
    Json wanted{{"path", arguments.at(0)}, {"arg", Json::array()}, {"capture-output", true}};
    for (std::size_t i = 1; i < arguments.size(); ++i) wanted["arg"].push_back(arguments[i]);
    if (!input.empty()) wanted["input-data"] = to_base64(input);
    const Json started = TRY(call("guest-exec", wanted, deadline));
    const auto pid = TRY(member<long>(started, "pid"));
    auto pause = first_pause;
    while (true) {
        const Json status = TRY(call("guest-exec-status", {{"pid", pid}}, deadline));
        const bool exited = TRY(member<bool>(status, "exited"));
        if (exited) return finished_from(status);
        if (deadline.passed()) return fail(Code::Offline, "in the guest, " + arguments[0] + " did not end in time");
        const auto next_look = Deadline::in(pause);
        while (!next_look.passed() && !deadline.passed()) TRY(step_(next_look));
        pause = std::min(pause * 2, longest_pause);
    }
}

Result<std::string> Agent::run_or_fail(const Arguments& arguments, Deadline deadline, const std::string& input) {
    Finished finished = TRY(run(arguments, deadline, input));
    if (finished.exit == 0) return std::move(finished.output);
    const auto& said = finished.errors.empty() ? finished.output : finished.errors;
    return fail(Code::Bug, "in the guest, " + arguments[0] + " ended with " + std::to_string(finished.exit) + ": " +
                               said.substr(said.size() - std::min<std::size_t>(said.size(), 2000)));
}

Result<std::string> Agent::shell(const std::string& script, Deadline deadline) {
    return in(script, run_or_fail({"/bin/sh", "-ec", script}, deadline));
}

Result<std::string> Agent::read_file(const std::string& path, Deadline deadline, std::size_t limit) {
    const Json handle = TRY(in(path, call("guest-file-open", {{"path", path}, {"mode", "r"}}, deadline)));
    std::string bytes;
    for (bool more = true; more;) {
        const Json got = TRY(in(path, call("guest-file-read", {{"handle", handle}, {"count", piece}}, deadline)));
        bytes += TRY(decoded(got, "buf-b64"));
        more = !TRY(member<bool>(got, "eof"));
        if (bytes.size() > limit) return fail(Code::Corrupt, path + " in the guest is larger than it may be");
    }
    TRY(call("guest-file-close", {{"handle", handle}}, deadline));
    return bytes;
}

Result<> Agent::write_file(const std::string& path, std::string_view bytes, Deadline deadline) {
    const Json handle = TRY(in(path, call("guest-file-open", {{"path", path}, {"mode", "w"}}, deadline)));
    while (!bytes.empty()) {
        const auto now = bytes.substr(0, piece);
        const Json wrote =
            TRY(in(path, call("guest-file-write", {{"handle", handle}, {"buf-b64", to_base64(now)}}, deadline)));
        const auto count = TRY(member<std::size_t>(wrote, "count"));
        if (count == 0 || count > bytes.size()) return fail(Code::NoSpace, path + " in the guest takes no more");
        bytes.remove_prefix(count);
    }
    TRY(call("guest-file-close", {{"handle", handle}}, deadline));
    return {};
}

void Agent::shut_down(Shutdown how) {
    const char* mode = how == Shutdown::PowerOff ? "powerdown" : how == Shutdown::Reboot ? "reboot" : "halt";
    port_->channel.send(request("guest-shutdown", {{"mode", mode}}));
}

std::string to_base64(std::string_view bytes) {
    std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
    const int size =
        EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                        reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
    text.resize(static_cast<std::size_t>(size));
    return text;
}

Result<std::string> from_base64(std::string_view text) {
    std::string bytes(text.size() / 4 * 3, '\0');
    const int size = text.size() % 4 != 0 ? -1
                                          : EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                                            reinterpret_cast<const unsigned char*>(text.data()),
                                                            static_cast<int>(text.size()));
    if (size < 0) return fail(Code::Corrupt, "not base64");
    // EVP_DecodeBlock counts the padding as zero bytes.
    const auto padding = text.size() - std::min(text.size(), text.find_last_not_of('=') + 1);
    if (padding > 2 || padding > static_cast<std::size_t>(size)) return fail(Code::Corrupt, "not base64");
    bytes.resize(static_cast<std::size_t>(size) - padding);
    return bytes;
}

}  // namespace holdfast::vm
