// The image of profile hospital, and what is plugged into its panels.
#pragma once

#include "base/json.hpp"
#include "vm/lab.hpp"

namespace holdfast::vm {

inline const Wanted hospital{"HOLDFAST_HOSPITAL_IMAGE_DIR", "generic-x86-64-hospital-podman",
                             "./dev image --profile hospital"};

inline void plug(Machine& machine, Json device, int port) {
    device["bus"] = "usb.0";
    device["port"] = std::to_string(port);
    must(machine.command("device_add", device, for_a_command()));
}

// An empty one, in the file `raw`.
inline void plug_stick(Machine& machine, const std::filesystem::path& raw, int port) {
    must(make_empty_disk(raw, 16 << 20));
    must(machine.command("blockdev-add", {{"driver", "file"}, {"node-name", "stick"}, {"filename", raw.string()}},
                         for_a_command()));
    plug(machine, {{"driver", "usb-storage"}, {"drive", "stick"}, {"id", "stick"}}, port);
}

// All of them at once, on whatever keyboard the machine has.
inline void press(Machine& machine, const std::vector<std::string>& keys) {
    Json all = Json::array();
    for (const auto& key : keys) all.push_back({{"type", "qcode"}, {"data", key}});
    must(machine.command("send-key", {{"keys", all}}, for_a_command()));
}

}  // namespace holdfast::vm
