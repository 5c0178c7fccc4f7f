// What of systemd's bus interface tells units, on a bus of the test: systemd itself runs in no build root.
#pragma once

#include "base/handle.hpp"

#include <boost/test/unit_test.hpp>
#include <condition_variable>
#include <cstdint>
#include <fnmatch.h>
#include <map>
#include <mutex>
#include <string>
#include <sys/eventfd.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>
#include <thread>
#include <vector>

namespace holdfast {

class FakeSystemd {
public:
    struct Unit {
        std::string state;
        std::uint32_t restarts = 0;
        std::uint64_t memory = ~std::uint64_t{0};  // not known
    };

    FakeSystemd(const std::string& address, std::map<std::string, Unit> units) : units_(std::move(units)) {
        sd_event* event = nullptr;
        BOOST_REQUIRE(sd_event_new(&event) >= 0);
        event_.reset(event);
        BOOST_REQUIRE(sd_event_add_io(event, nullptr, end_.number(), EPOLLIN, on_end, nullptr) >= 0);
        sd_bus* bus = nullptr;
        BOOST_REQUIRE(sd_bus_new(&bus) >= 0);
        bus_.reset(bus);
        BOOST_REQUIRE(sd_bus_set_address(bus, address.c_str()) >= 0);
        BOOST_REQUIRE(sd_bus_set_bus_client(bus, 1) >= 0);
        BOOST_REQUIRE(sd_bus_start(bus) >= 0);
        BOOST_REQUIRE(sd_bus_add_object_vtable(bus, nullptr, "/org/freedesktop/systemd1",
                                               "org.freedesktop.systemd1.Manager", manager(), this) >= 0);
        BOOST_REQUIRE(sd_bus_add_fallback_vtable(bus, nullptr, "/org/freedesktop/systemd1/unit",
                                                 "org.freedesktop.systemd1.Service", service(), find, this) >= 0);
        BOOST_REQUIRE(sd_bus_request_name(bus, "org.freedesktop.systemd1", 0) >= 0);
        BOOST_REQUIRE(sd_bus_attach_event(bus, event, 0) >= 0);
        thread_ = std::thread([event] { sd_event_loop(event); });
    }
    FakeSystemd(const FakeSystemd&) = delete;
    FakeSystemd& operator=(const FakeSystemd&) = delete;
    ~FakeSystemd() {
        ::eventfd_write(end_.number(), 1);
        thread_.join();
    }
    void set(const std::string& name, const Unit& unit) {
        const std::scoped_lock one_by_one(mutex_);
        units_[name] = unit;
    }

private:
    static int on_end(sd_event_source* source, int, std::uint32_t, void*) {
        return sd_event_exit(sd_event_source_get_event(source), 0);
    }
    static std::vector<std::string> texts(sd_bus_message* call) {
        std::vector<std::string> all;
        const char* each = nullptr;
        sd_bus_message_enter_container(call, 'a', "s");
        while (sd_bus_message_read(call, "s", &each) > 0) all.emplace_back(each);
        sd_bus_message_exit_container(call);
        return all;
    }
    static std::string path_of(const std::string& name) {
        char* path = nullptr;
        sd_bus_path_encode("/org/freedesktop/systemd1/unit", name.c_str(), &path);
        std::string made(path);
        std::free(path);
        return made;
    }
    static int list(sd_bus_message* call, void* self, sd_bus_error*) {
        auto& me = *static_cast<FakeSystemd*>(self);
        const std::scoped_lock one_by_one(me.mutex_);
        const auto states = texts(call), patterns = texts(call);
        sd_bus_message* raw = nullptr;
        if (const int r = sd_bus_message_new_method_return(call, &raw); r < 0) return r;
        const Handle<sd_bus_message, sd_bus_message_unref> reply(raw);
        sd_bus_message_open_container(raw, 'a', "(ssssssouso)");
        const auto fits = [](const std::string& name) {
            return [&](const std::string& pattern) { return ::fnmatch(pattern.c_str(), name.c_str(), 0) == 0; };
        };
        for (const auto& [name, unit] : me.units_)
            if ((states.empty() || std::ranges::contains(states, unit.state)) &&
                (patterns.empty() || std::ranges::any_of(patterns, fits(name))))
                sd_bus_message_append(raw, "(ssssssouso)", name.c_str(), "", "loaded", unit.state.c_str(), "", "",
                                      path_of(name).c_str(), 0, "", "/");
        sd_bus_message_close_container(raw);
        return sd_bus_send(nullptr, raw, nullptr);
    }
    static int find(sd_bus*, const char* path, const char*, void* self, void** found, sd_bus_error*) {
        auto& me = *static_cast<FakeSystemd*>(self);
        const std::scoped_lock one_by_one(me.mutex_);
        for (auto& [name, unit] : me.units_)
            if (path_of(name) == path) {
                *found = &unit;
                return 1;
            }
        return 0;
    }
    static const sd_bus_vtable* manager() {
        static const sd_bus_vtable table[] = {
            SD_BUS_VTABLE_START(0),
            SD_BUS_METHOD("ListUnitsByPatterns", "asas", "a(ssssssouso)", list, SD_BUS_VTABLE_UNPRIVILEGED),
            SD_BUS_VTABLE_END};
        return table;
    }
    static const sd_bus_vtable* service() {
        static const sd_bus_vtable table[] = {
            SD_BUS_VTABLE_START(0), SD_BUS_PROPERTY("NRestarts", "u", nullptr, offsetof(Unit, restarts), 0),
            SD_BUS_PROPERTY("MemoryCurrent", "t", nullptr, offsetof(Unit, memory), 0), SD_BUS_VTABLE_END};
        return table;
    }

    std::mutex mutex_;
    std::map<std::string, Unit> units_;
    Fd end_{::eventfd(0, EFD_CLOEXEC)};
    Handle<sd_event, sd_event_unref> event_;
    Handle<sd_bus, sd_bus_flush_close_unref> bus_;
    std::thread thread_;
};

}  // namespace holdfast
