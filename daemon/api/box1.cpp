#include "api/box1.hpp"

#include "base/handle.hpp"

#include <cerrno>
#include <cstring>
#include <systemd/sd-bus.h>
#include <utility>

namespace holdfast::api {

namespace {

constexpr const char* name = "org.holdfast.Box1";
constexpr const char* path = "/org/holdfast/Box1";

using Property = int (*)(sd_bus*, const char*, const char*, const char*, sd_bus_message*, void*, sd_bus_error*);

const Facts& facts_of(void* userdata) {
    return *static_cast<const Facts*>(userdata);
}

template <std::string Facts::* member>
int text(sd_bus*, const char*, const char*, const char*, sd_bus_message* reply, void* userdata, sd_bus_error*) {
    return sd_bus_message_append(reply, "s", (facts_of(userdata).*member).c_str());
}

int development(sd_bus*, const char*, const char*, const char*, sd_bus_message* reply, void* userdata, sd_bus_error*) {
    return sd_bus_message_append(reply, "b", facts_of(userdata).development ? 1 : 0);
}

int options(sd_bus*, const char*, const char*, const char*, sd_bus_message* reply, void* userdata, sd_bus_error*) {
    int r = sd_bus_message_open_container(reply, 'a', "s");
    for (const auto& option : facts_of(userdata).options) {
        if (r < 0) return r;
        r = sd_bus_message_append(reply, "s", option.c_str());
    }
    return r < 0 ? r : sd_bus_message_close_container(reply);
}

int tries_left(sd_bus*, const char*, const char*, const char*, sd_bus_message* reply, void* userdata, sd_bus_error*) {
    return sd_bus_message_append(reply, "i", facts_of(userdata).tries_left());
}

int tpm(sd_bus*, const char*, const char*, const char*, sd_bus_message* reply, void* userdata, sd_bus_error*) {
    return sd_bus_message_append(reply, "s", facts_of(userdata).tpm().c_str());
}

int identity(sd_bus*, const char*, const char*, const char*, sd_bus_message* reply, void* userdata, sd_bus_error*) {
    const auto box = facts_of(userdata).identity();
    return sd_bus_message_append(reply, "(ssssx)", box.id.c_str(), box.standing.c_str(), box.reason.c_str(),
                                 box.term.c_str(), box.until);
}

int storage(sd_bus*, const char*, const char*, const char*, sd_bus_message* reply, void* userdata, sd_bus_error*) {
    const auto var = facts_of(userdata).storage();
    return sd_bus_message_append(reply, "(ss)", var.state.c_str(), var.reason.c_str());
}

int checks(sd_bus*, const char*, const char*, const char*, sd_bus_message* reply, void* userdata, sd_bus_error*) {
    int r = sd_bus_message_open_container(reply, 'a', "(ssssd)");
    for (const auto& check : facts_of(userdata).checks) {
        if (r < 0) return r;
        r = sd_bus_message_append(reply, "(ssssd)", check.name.c_str(), check.kind.c_str(), check.answer.c_str(),
                                  check.last_words.c_str(), check.seconds);
    }
    return r < 0 ? r : sd_bus_message_close_container(reply);
}

constexpr std::uint64_t constant = SD_BUS_VTABLE_PROPERTY_CONST;
constexpr std::uint64_t announced = SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE;

// sd-bus's macros are C; what they expand to breaks a few of our rules.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wold-style-cast"
const sd_bus_vtable vtable[] = {SD_BUS_VTABLE_START(0),
                                SD_BUS_PROPERTY("Board", "s", text<&Facts::board>, 0, constant),
                                SD_BUS_PROPERTY("Profile", "s", text<&Facts::profile>, 0, constant),
                                SD_BUS_PROPERTY("Runtime", "s", text<&Facts::runtime>, 0, constant),
                                SD_BUS_PROPERTY("Version", "s", text<&Facts::version>, 0, constant),
                                SD_BUS_PROPERTY("Options", "as", options, 0, constant),
                                SD_BUS_PROPERTY("Commit", "s", text<&Facts::commit>, 0, constant),
                                SD_BUS_PROPERTY("Slot", "s", text<&Facts::slot>, 0, constant),
                                SD_BUS_PROPERTY("TriesLeft", "i", tries_left, 0, 0),
                                SD_BUS_PROPERTY("Development", "b", development, 0, constant),
                                SD_BUS_PROPERTY("SecureBoot", "s", text<&Facts::secure_boot>, 0, constant),
                                SD_BUS_PROPERTY("Tpm", "s", tpm, 0, 0),
                                SD_BUS_PROPERTY("Verdict", "s", text<&Facts::verdict>, 0, announced),
                                SD_BUS_PROPERTY("Explanation", "s", text<&Facts::explanation>, 0, announced),
                                SD_BUS_PROPERTY("Trust", "s", text<&Facts::trust>, 0, announced),
                                SD_BUS_PROPERTY("TrustReason", "s", text<&Facts::trust_reason>, 0, announced),
                                SD_BUS_PROPERTY("Identity", "(ssssx)", identity, 0, 0),
                                SD_BUS_PROPERTY("Storage", "(ss)", storage, 0, 0),
                                SD_BUS_PROPERTY("Checks", "a(ssssd)", checks, 0, announced),
                                SD_BUS_VTABLE_END};
#pragma GCC diagnostic pop

}  // namespace

struct Box1::Parts {
    sd_bus* bus = nullptr;
    Facts facts;
    Handle<sd_bus_slot, sd_bus_slot_unref> slot;
};

Box1::Box1(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Box1::Box1(Box1&&) noexcept = default;
Box1& Box1::operator=(Box1&&) noexcept = default;
Box1::~Box1() = default;

Result<Box1> Box1::publish(const Bus& bus, Facts facts) {
    auto parts = std::make_unique<Parts>();
    parts->bus = bus.get();
    parts->facts = std::move(facts);
    sd_bus_slot* slot = nullptr;
    if (const int r = sd_bus_add_object_vtable(bus.get(), &slot, path, name, vtable, &parts->facts); r < 0)
        return bus_error("cannot publish " + std::string(path), r);
    parts->slot.reset(slot);
    return Box1(std::move(parts));
}

Result<> Box1::update_health(std::string verdict, std::string explanation, std::vector<Check> found) {
    parts_->facts.verdict = std::move(verdict);
    parts_->facts.explanation = std::move(explanation);
    parts_->facts.checks = std::move(found);
    const int r = sd_bus_emit_properties_changed(parts_->bus, path, name, "Verdict", "Explanation", "Checks", nullptr);
    if (r < 0) return bus_error("cannot announce the new health", r);
    return {};
}

Result<> Box1::update_trust(std::string trust, std::string reason) {
    parts_->facts.trust = std::move(trust);
    parts_->facts.trust_reason = std::move(reason);
    const int r = sd_bus_emit_properties_changed(parts_->bus, path, name, "Trust", "TrustReason", nullptr);
    if (r < 0) return bus_error("cannot announce whether this box is to be trusted", r);
    return {};
}

}  // namespace holdfast::api
