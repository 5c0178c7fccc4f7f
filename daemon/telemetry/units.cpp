#include "telemetry/units.hpp"

#include "base/handle.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <systemd/sd-bus.h>

namespace holdfast::telemetry {

namespace {

namespace fs = std::filesystem;

constexpr auto systemd = "org.freedesktop.systemd1";
constexpr auto manager_path = "/org/freedesktop/systemd1";
constexpr auto manager = "org.freedesktop.systemd1.Manager";
constexpr std::size_t failed_limit = 32, watched_limit = 64;
constexpr std::uint64_t patience = 5'000'000;  // microseconds

using Bus = Handle<sd_bus, sd_bus_flush_close_unref>;
using Message = Handle<sd_bus_message, sd_bus_message_unref>;

struct Unit {
    std::string name, state, path;
};

std::unexpected<Error> failed(const char* doing, int number) {
    return fail(Code::Offline, std::string(doing) + ": " + std::strerror(-number));
}

Result<Bus> open(const std::string& address) {
    sd_bus* raw = nullptr;
    if (address.empty()) {
        if (const int r = sd_bus_open_system(&raw); r < 0) return failed("cannot reach the system bus", r);
        Bus bus(raw);
        sd_bus_set_method_call_timeout(raw, patience);
        return bus;
    }
    if (const int r = sd_bus_new(&raw); r < 0) return failed("cannot make a bus", r);
    Bus bus(raw);
    int r = sd_bus_set_address(raw, address.c_str());
    if (r >= 0) r = sd_bus_set_bus_client(raw, 1);
    if (r >= 0) r = sd_bus_start(raw);
    if (r < 0) return failed("cannot reach the bus", r);
    sd_bus_set_method_call_timeout(raw, patience);
    return bus;
}

int append_texts(sd_bus_message* message, const std::vector<std::string>& texts) {
    int r = sd_bus_message_open_container(message, 'a', "s");
    for (const auto& each : texts)
        if (r >= 0) r = sd_bus_message_append(message, "s", each.c_str());
    return r < 0 ? r : sd_bus_message_close_container(message);
}

// Name, description, loaded, active, sub, followed, path, job, job's type, job's path.
Result<std::vector<Unit>> read_units(sd_bus_message* reply) {
    std::vector<Unit> all;
    int r = sd_bus_message_enter_container(reply, 'a', "(ssssssouso)");
    while (r >= 0) {
        const char *name = nullptr, *state = nullptr, *path = nullptr, *skip = nullptr;
        std::uint32_t job = 0;
        r = sd_bus_message_read(reply, "(ssssssouso)", &name, &skip, &skip, &state, &skip, &skip, &path, &job, &skip,
                                &skip);
        if (r <= 0) break;
        all.push_back({name, state, path});
    }
    if (r < 0) return failed("systemd's list of units", r);
    std::ranges::sort(all, {}, &Unit::name);
    return all;
}

Result<std::vector<Unit>> list(sd_bus* bus, const std::vector<std::string>& states,
                               const std::vector<std::string>& patterns) {
    sd_bus_message* raw = nullptr;
    int r = sd_bus_message_new_method_call(bus, &raw, systemd, manager_path, manager, "ListUnitsByPatterns");
    const Message call(raw);
    if (r >= 0) r = append_texts(raw, states);
    if (r >= 0) r = append_texts(raw, patterns);
    if (r < 0) return failed("cannot ask systemd", r);
    sd_bus_message* answer = nullptr;
    r = sd_bus_call(bus, raw, 0, nullptr, &answer);
    const Message reply(answer);
    if (r < 0) return failed("systemd does not tell its units", r);
    return read_units(answer);
}

// A property that is a number of this type; nothing where the unit has none.
template <class Number>
std::optional<double> property(sd_bus* bus, const Unit& unit, const char* name, char type) {
    Number value = 0;
    const int r = sd_bus_get_property_trivial(bus, systemd, unit.path.c_str(), "org.freedesktop.systemd1.Service", name,
                                              nullptr, type, &value);
    if (r < 0 || value == std::numeric_limits<Number>::max()) return std::nullopt;  // the largest is: not known
    return static_cast<double>(value);
}

void add_state(const Unit& unit, Samples& into) {
    into.push_back({{"holdfast_unit_state", {{"unit", unit.name}, {"state", unit.state}}}, 1});
}

void add_details(sd_bus* bus, const Unit& unit, Samples& into) {
    add_state(unit, into);
    if (!unit.name.ends_with(".service")) return;
    const Labels labels{{"unit", unit.name}};
    if (const auto restarts = property<std::uint32_t>(bus, unit, "NRestarts", SD_BUS_TYPE_UINT32))
        into.push_back({{"holdfast_unit_restarts_total", labels}, *restarts});
    if (const auto memory = property<std::uint64_t>(bus, unit, "MemoryCurrent", SD_BUS_TYPE_UINT64))
        into.push_back({{"holdfast_unit_memory_bytes", labels}, *memory});
}

// podman-systemd.unit(5): what a Quadlet file becomes.
std::optional<std::string> unit_of(const fs::path& file) {
    const auto stem = file.stem().string(), ending = file.extension().string();
    if (ending == ".container" || ending == ".kube") return stem + ".service";
    if (ending == ".pod") return stem + "-pod.service";
    return std::nullopt;
}

}  // namespace

std::vector<std::string> watched_units(const fs::path& root) {
    std::vector<std::string> all{"holdfast*.service", "k3s*.service", "microshift*.service", "containerd.service",
                                 "podman*.service"};
    for (const auto* folder : {"etc/containers/systemd", "run/containers/systemd", "usr/share/containers/systemd"}) {
        std::error_code none;
        for (const auto& each : fs::directory_iterator(root / folder, none))
            if (auto unit = unit_of(each.path())) all.push_back(std::move(*unit));
    }
    return all;
}

Result<> add_units(const std::string& address, const fs::path& root, Samples& into) {
    const auto bus = TRY(open(address));
    const auto failed_ones = TRY(list(bus.get(), {"failed"}, {}));
    auto watched = TRY(list(bus.get(), {}, watched_units(root)));
    if (watched.size() > watched_limit) watched.resize(watched_limit);
    into.push_back({{"holdfast_units_failed", {}}, static_cast<double>(failed_ones.size())});
    for (const auto& unit : watched) add_details(bus.get(), unit, into);
    std::size_t told = 0;
    for (const auto& unit : failed_ones)
        if (!std::ranges::contains(watched, unit.name, &Unit::name) && ++told <= failed_limit) add_state(unit, into);
    return {};
}

}  // namespace holdfast::telemetry
