#include "api/update1.hpp"

#include "base/code.hpp"
#include "base/handle.hpp"

#include <algorithm>
#include <ranges>
#include <systemd/sd-bus.h>

namespace holdfast::api {

namespace {

constexpr const char* name = "org.holdfast.Update1";
constexpr const char* path = "/org/holdfast/Update1";

// What sd-bus hands to every callback.
struct Served {
    UpdateFacts facts;
    Update1::Handlers handlers;
};

const UpdateFacts& facts_of(void* userdata) {
    return static_cast<const Served*>(userdata)->facts;
}

template <std::string UpdateFacts::* member>
int text(sd_bus*, const char*, const char*, const char*, sd_bus_message* reply, void* userdata, sd_bus_error*) {
    return sd_bus_message_append(reply, "s", (facts_of(userdata).*member).c_str());
}

int work(sd_bus*, const char*, const char*, const char*, sd_bus_message* reply, void* userdata, sd_bus_error*) {
    const auto& w = facts_of(userdata).work;
    return sd_bus_message_append(reply, "(tssttb)", w.id, w.verb.c_str(), w.phase.c_str(), w.done, w.total,
                                 w.finished ? 1 : 0);
}

int last_finished(sd_bus*, const char*, const char*, const char*, sd_bus_message* reply, void* userdata,
                  sd_bus_error*) {
    const auto ended = agent::ends(facts_of(userdata).work);
    const auto [id, done] = ended.empty() ? agent::End{} : ended.front();
    return sd_bus_message_append(reply, "(tbssb)", id, done.good ? 1 : 0, done.code.c_str(), done.what.c_str(),
                                 done.reboots ? 1 : 0);
}

int waiting(sd_bus*, const char*, const char*, const char*, sd_bus_message* reply, void* userdata, sd_bus_error*) {
    return sd_bus_message_append(reply, "t", facts_of(userdata).waiting());
}

int refuse(sd_bus_error* error, const Error& why) {
    return sd_bus_error_set(error, name_of(why.code).error, why.what.c_str());
}

Result<std::map<std::string, std::string>> options_in(sd_bus_message* message) {
    std::map<std::string, std::string> options;
    int r = sd_bus_message_enter_container(message, 'a', "{ss}");
    const char *key = nullptr, *value = nullptr;
    while (r >= 0 && (r = sd_bus_message_read(message, "{ss}", &key, &value)) > 0) options.emplace(key, value);
    if (r < 0) return bus_error("the request cannot be read", r);
    return options;
}

// Who is at the other end. What the bus does not tell is looked up of its process; what is not known is left out.
audit::Who sender_of(sd_bus_message* message) {
    sd_bus_creds* raw = nullptr;
    const int r = sd_bus_query_sender_creds(
        message,
        SD_BUS_CREDS_EUID | SD_BUS_CREDS_AUDIT_LOGIN_UID | SD_BUS_CREDS_PID | SD_BUS_CREDS_UNIT | SD_BUS_CREDS_AUGMENT,
        &raw);
    const Handle<sd_bus_creds, sd_bus_creds_unref> creds(raw);
    uid_t uid = 0, login = 0;
    const char* unit = nullptr;
    if (r >= 0) sd_bus_creds_get_euid(raw, &uid);
    const bool logged_in = r >= 0 && sd_bus_creds_get_audit_login_uid(raw, &login) >= 0;
    if (r >= 0) sd_bus_creds_get_unit(raw, &unit);
    auto who = audit::who_is(uid, logged_in ? std::optional<std::uint32_t>(login) : std::nullopt, unit ? unit : "");
    who.by_bus = true;
    return who;
}

int request(sd_bus_message* message, void* userdata, sd_bus_error* error) {
    auto* served = static_cast<Served*>(userdata);
    const char* verb = nullptr;
    if (const int r = sd_bus_message_read(message, "s", &verb); r < 0) return r;
    const auto options = options_in(message);
    const auto id =
        options ? served->handlers.request(verb, *options, sender_of(message)) : std::unexpected(options.error());
    return id ? sd_bus_reply_method_return(message, "t", *id) : refuse(error, id.error());
}

int history(sd_bus_message* message, void* userdata, sd_bus_error* error) {
    const auto said = static_cast<Served*>(userdata)->handlers.history();
    return said ? sd_bus_reply_method_return(message, "s", said->c_str()) : refuse(error, said.error());
}

constexpr std::uint64_t announced = SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE;

// sd-bus's macros are C; what they expand to breaks a few of our rules. Methods are for root alone, as sd-bus has them.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wold-style-cast"
const sd_bus_vtable properties[] = {SD_BUS_VTABLE_START(0),
                                    SD_BUS_PROPERTY("State", "s", text<&UpdateFacts::state>, 0, announced),
                                    SD_BUS_PROPERTY("Version", "s", text<&UpdateFacts::version>, 0, announced),
                                    SD_BUS_PROPERTY("Commit", "s", text<&UpdateFacts::commit>, 0, announced),
                                    SD_BUS_PROPERTY("Slot", "s", text<&UpdateFacts::slot>, 0, announced),
                                    SD_BUS_PROPERTY("Cause", "s", text<&UpdateFacts::cause>, 0, announced),
                                    SD_BUS_PROPERTY("Work", "(tssttb)", work, 0, announced),
                                    SD_BUS_PROPERTY("LastFinished", "(tbssb)", last_finished, 0, announced),
                                    SD_BUS_PROPERTY("Waiting", "t", waiting, 0, 0),
                                    SD_BUS_METHOD("Request", "sa{ss}", "t", request, 0),
                                    SD_BUS_METHOD("History", "", "s", history, SD_BUS_VTABLE_UNPRIVILEGED),
                                    SD_BUS_SIGNAL("Finished", "tbssb", 0),
                                    SD_BUS_VTABLE_END};
#pragma GCC diagnostic pop

}  // namespace

struct Update1::Parts {
    sd_bus* bus = nullptr;
    Served served;
    Handle<sd_bus_slot, sd_bus_slot_unref> slot;
};

Update1::Update1(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Update1::Update1(Update1&&) noexcept = default;
Update1& Update1::operator=(Update1&&) noexcept = default;
Update1::~Update1() = default;

Result<Update1> Update1::publish(const Bus& bus, UpdateFacts facts, Handlers handlers) {
    auto parts = std::make_unique<Parts>();
    parts->bus = bus.get();
    parts->served = {std::move(facts), std::move(handlers)};
    sd_bus_slot* slot = nullptr;
    const int r = sd_bus_add_object_vtable(bus.get(), &slot, path, name, properties, &parts->served);
    if (r < 0) return bus_error("cannot publish " + std::string(path), r);
    parts->slot.reset(slot);
    return Update1(std::move(parts));
}

Result<> Update1::update(UpdateFacts facts) {
    const auto known = agent::ends(parts_->served.facts.work);
    parts_->served.facts = std::move(facts);
    int r = sd_bus_emit_properties_changed(parts_->bus, path, name, "State", "Version", "Commit", "Slot", "Cause",
                                           "Work", "LastFinished", nullptr);
    // More than one may have come to its end since.
    for (const auto& [id, done] : agent::ends(parts_->served.facts.work) | std::views::reverse)
        if (r >= 0 && !std::ranges::contains(known, id, &agent::End::id))
            r = sd_bus_emit_signal(parts_->bus, path, name, "Finished", "tbssb", id, done.good ? 1 : 0,
                                   done.code.c_str(), done.what.c_str(), done.reboots ? 1 : 0);
    return r < 0 ? Result<>(bus_error("cannot announce the update", r)) : Result<>();
}

}  // namespace holdfast::api
