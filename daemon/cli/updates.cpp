#include "cli/updates.hpp"

#include "cli/connection.hpp"

#include <chrono>
#include <cstring>

namespace holdfast::cli {

namespace {

constexpr const char* path = "/org/holdfast/Update1";
constexpr const char* interface = "org.holdfast.Update1";
constexpr std::uint64_t between_two_looks = 1'000'000;  // microseconds, also where no signal came
constexpr unsigned looks_without_answer = 30;
// A request that is nowhere for so long is lost; from the desk to its worker takes less.
constexpr std::chrono::seconds nowhere{5};

struct Text {
    std::string_view key;
    std::string Update::* member;
};
constexpr Text texts[] = {{"State", &Update::state},
                          {"Version", &Update::version},
                          {"Commit", &Update::commit},
                          {"Slot", &Update::slot},
                          {"Cause", &Update::cause}};

int read_work(sd_bus_message* message, Update::Work& into) {
    const char *verb = nullptr, *phase = nullptr;
    int over = 0;
    const int r =
        sd_bus_message_read(message, "v", "(tssttb)", &into.id, &verb, &phase, &into.done, &into.total, &over);
    if (r < 0) return r;
    into.verb = verb;
    into.phase = phase;
    into.over = over != 0 || into.id == 0;
    return r;
}

int read_finished(sd_bus_message* message, Update::Finished& into) {
    const char *code = nullptr, *what = nullptr;
    int good = 0, reboots = 0;
    const int r = sd_bus_message_read(message, "v", "(tbssb)", &into.id, &good, &code, &what, &reboots);
    if (r < 0) return r;
    into = {into.id, good != 0, code, what, reboots != 0};
    return r;
}

int read_property(sd_bus_message* message, std::string_view key, Update& update) {
    for (const auto& each : texts)
        if (key == each.key) return read_text(message, update.*each.member);
    if (key == "Work") return read_work(message, update.work);
    if (key == "LastFinished") return read_finished(message, update.last);
    if (key == "Waiting") return sd_bus_message_read(message, "v", "t", &update.waiting);
    return sd_bus_message_skip(message, "v");
}

// The ends that were announced, by id: LastFinished tells one alone, and the next may come before we look.
using Ends = std::map<std::uint64_t, Update::Finished>;

int hear(sd_bus_message* message, void* ends, sd_bus_error* /*error*/) {
    if (sd_bus_message_is_signal(message, interface, "Finished") <= 0) return 0;
    std::uint64_t id = 0;
    int good = 0, reboots = 0;
    const char *code = nullptr, *what = nullptr;
    if (sd_bus_message_read(message, "tbssb", &id, &good, &code, &what, &reboots) > 0)
        static_cast<Ends*>(ends)->insert_or_assign(id, Update::Finished{id, good != 0, code, what, reboots != 0});
    return 0;
}

// Whether a request that has not ended is still to be found on the box.
class Trace {
public:
    explicit Trace(std::uint64_t id) : id_(id) {}
    Result<> look(const Update& update) {
        const auto now = std::chrono::steady_clock::now();
        if (update.waiting == id_ || update.work.id == id_) seen_ = now;
        if (now - seen_ < nowhere) return {};
        const std::string other = update.work.over ? "" : " and works at another (" + update.work.verb + ")";
        return fail(Code::Busy, "the box knows nothing of this request any more" + other +
                                    "; look with: holdfast update history; then ask again");
    }

private:
    std::uint64_t id_;
    std::chrono::steady_clock::time_point seen_ = std::chrono::steady_clock::now();
};

}  // namespace

struct Updates::Parts {
    Connection bus;
};

Updates::Updates(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Updates::Updates(Updates&&) noexcept = default;
Updates::~Updates() = default;

Result<Updates> Updates::open(const std::string& address) {
    auto parts = std::make_unique<Parts>(TRY(connect(address)));
    return Updates(std::move(parts));
}

Result<Update> Updates::look() {
    const Message reply =
        TRY(call(parts_->bus.get(), path, "org.freedesktop.DBus.Properties", "GetAll", "s", interface));
    Update update;
    TRY(read_properties(reply.get(), [&](std::string_view key) { return read_property(reply.get(), key, update); }));
    return update;
}

Result<Json> Updates::history() {
    const Message reply = TRY(call(parts_->bus.get(), path, interface, "History", ""));
    const char* text = nullptr;
    if (sd_bus_message_read(reply.get(), "s", &text) < 0) return fail(Code::Corrupt, "the history cannot be read");
    return json::parse(text, 16UL << 20U);
}

Result<std::uint64_t> Updates::hand_in(const std::string& verb, const std::map<std::string, std::string>& options) {
    sd_bus_message* raw = nullptr;
    int r = sd_bus_message_new_method_call(parts_->bus.get(), &raw, service, path, interface, "Request");
    const Message message(raw);
    if (r >= 0) r = sd_bus_message_append(raw, "s", verb.c_str());
    if (r >= 0) r = sd_bus_message_open_container(raw, 'a', "{ss}");
    for (const auto& [key, value] : options)
        if (r >= 0) r = sd_bus_message_append(raw, "{ss}", key.c_str(), value.c_str());
    if (r >= 0) r = sd_bus_message_close_container(raw);
    if (r < 0) return fail(Code::Bug, std::string("cannot ask: ") + std::strerror(-r));
    sd_bus_error error = SD_BUS_ERROR_NULL;
    sd_bus_message* answer = nullptr;
    r = sd_bus_call(parts_->bus.get(), raw, 0, &error, &answer);
    const Message reply(answer);
    const auto failed = call_failed(r < 0 ? r : 0, error);
    sd_bus_error_free(&error);
    if (r < 0) return failed;
    std::uint64_t id = 0;
    if (sd_bus_message_read(answer, "t", &id) < 0) return fail(Code::Corrupt, "the answer cannot be read");
    return id;
}

Result<Update::Finished> Updates::request(const std::string& verb, const std::map<std::string, std::string>& options,
                                          const Seen& seen) {
    // Any signal is a reason to look; a lost one costs a second.
    Ends ends;
    sd_bus_slot* matched = nullptr;
    if (sd_bus_match_signal(parts_->bus.get(), &matched, service, path, nullptr, nullptr, hear, &ends) < 0)
        return fail(Code::Offline, "the bus takes no match");
    const Handle<sd_bus_slot, sd_bus_slot_unref> match(matched);
    const std::uint64_t id = TRY(hand_in(verb, options));
    Trace trace(id);
    for (unsigned silent = 0;;) {
        const auto update = look();
        if (!update && ++silent > looks_without_answer) return std::unexpected(update.error());
        if (update) {
            silent = 0;
            if (seen && update->work.id == id) seen(*update);
            if (update->last.id == id) return update->last;
        }
        while (sd_bus_process(parts_->bus.get(), nullptr) > 0) {
        }
        if (const auto ended = ends.find(id); ended != ends.end()) return ended->second;
        if (update) TRY(trace.look(*update));
        sd_bus_wait(parts_->bus.get(), between_two_looks);
    }
}

}  // namespace holdfast::cli
