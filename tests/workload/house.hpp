// A box with a software TPM, an authority that admits it, and the endpoints of its workloads, all by the clock of now.
#pragma once

#include "base/file.hpp"
#include "enroll/node.hpp"
#include "enroll/small_hub.hpp"
#include "enroll/trust.hpp"
#include "peer.hpp"
#include "workload/endpoints.hpp"

#include <atomic>
#include <ctime>

namespace holdfast {

inline constexpr std::int64_t minute = 60, day = 86'400;

struct House {
    Scratch scratch = Scratch::make("workload").value();
    std::filesystem::path root = scratch.path() / "box";
    MeasuredBox box;
    enroll::Node node{root};
    std::atomic<std::int64_t> later = 0, woken = 0;  // seconds from now; when the desk wants to be asked again
    workload::Desk desk{{.root = root,
                         .tcti = box.tpm.tcti(),
                         .now = [this] { return std::time(nullptr) + later; },
                         .wake = [this](std::int64_t at) { woken = at; }}};
    workload::Endpoints endpoints{root, desk};

    House() {
        // Other users come in here, as they do on a box; the client is where they can start it.
        for (const auto& folder : {scratch.path(), root}) {
            good(make_directories(folder));
            std::filesystem::permissions(folder, std::filesystem::perms(0755));
        }
        std::filesystem::copy_file(HOLDFAST_PEER, scratch.path() / "peer");
        make_hub(scratch.path() / "hub", std::time(nullptr));
        make_hub(scratch.path() / "other-hub", std::time(nullptr));
        box.wish.issuing = true;
    }
    // By one of the two authorities.
    enroll::Identity admit(const std::string& which = "hub") {
        auto tpm = box.tpm.open();
        std::string notice;
        const auto request = good(node.request(tpm, box.wish, notice));
        auto hub = good(hub::Authority::open(scratch.path() / which));
        const auto admission = good(hub.admit(request, {.name = "Ada"}, std::time(nullptr)));
        BOOST_REQUIRE(!admission.answer.empty());
        return good(node.import(tpm, admission.answer, hub.fingerprint()));
    }
    void write(const std::string& name, std::string_view text) const {
        good(make_directories(root / workload::workloads_folder));
        good(write_whole(root / workload::workloads_folder / (name + ".yaml"), text));
    }
    void list(const std::string& name, const std::string& text = "user: root\n") {
        write(name, text);
        endpoints.list_again();
    }
    void trust(enroll::Standing standing) { good(enroll::write_trust(root, {standing, "told by a test"})); }

    std::filesystem::path socket(const std::string& name) const {
        return root / workload::endpoints_folder / name / workload::socket_name;
    }
    static std::string id(const std::string& name) {
        return "spiffe://clinic.example/site/north/box/ventilator-7/workload/" + name;
    }
    std::string peer(const std::string& verb, const std::string& name, const std::string& more = {}) const {
        return (scratch.path() / "peer").string() + " " + verb + " " + socket(name).string() + " " + more;
    }
    // What it writes, or how it failed.
    std::string ask(const std::string& verb, const std::string& name, const std::string& more = {},
                    const std::string& as = {}) const {
        const auto done = good(run({"sh", "-c", as + " " + peer(verb, name, more)}));
        return done.exit == 0 ? done.output : done.errors;
    }
    // How a call as it should be ends, for a user where one is given.
    std::string call(const std::string& name, const std::string& user = {}) const {
        return ask("status", name, "header",
                   user.empty() ? "" : "setpriv --reuid=" + user + " --regid=nogroup --clear-groups");
    }
};

}  // namespace holdfast
