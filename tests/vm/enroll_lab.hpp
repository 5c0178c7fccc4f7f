// What the tests of enrollment share: an authority that knows the image under test, and boxes with a manufactured TPM
// and Secure Boot.
#pragma once

#include "base/json.hpp"
#include "tpm/manufacture.hpp"
#include "update_lab.hpp"

#include <array>
#include <fcntl.h>
#include <unistd.h>

namespace holdfast::vm {

struct EnrollLab : Lab {
    EnrollLab() {
        authority = hub("init --trust-domain clinic.example --json").at("authority");
        hub("trust --by ada --keys " + (source_folder() / "keys/development").string());
        hub("release add " + image.folder.string());
    }

    // The authority's program: what it told with --json, or the end of this test where `exit` was another one.
    Json hub(const std::string& words, int exit = 0) const {
        const auto done = must(run({"sh", "-c", HOLDFAST_HUB " --state " + state().string() + " " + words}));
        BOOST_REQUIRE_MESSAGE(done.exit == exit,
                              words + " ended with " + std::to_string(done.exit) + ": " + done.output + done.errors);
        return done.output.starts_with('{') || done.output.starts_with('[') ? Json::parse(done.output) : Json();
    }
    // What the authority has on record of itself.
    std::string deeds() const { return must(run_or_fail({HOLDFAST_AUDIT, "show", "--root", state().string()})); }
    std::string ticket(const std::string& more = {}) const {
        return hub("ticket create --site north --names 'ventilator-*' --json " + more).at("code");
    }
    // The same authority by TLS at 10.0.2.100 port 80, which is what a machine of ours can reach.
    struct Line {
        Child server;
        std::string port;
    };
    Line serve() const {
        std::array<int, 2> ends{};
        BOOST_REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
        const Fd told(ends[0]);
        Fd tells(ends[1]);
        auto server = must(Child::spawn(
            {"bash", "-c",
             "exec " HOLDFAST_HUB " --state " + state().string() +
                 " serve --host 10.0.2.100 --listen 127.0.0.1 --port 0 >&" + std::to_string(tells.number())},
            {tells.number()}, file("hub.log")));
        tells.close();
        // "listening at 127.0.0.1 port 40123": its first words, or the end of them where it did not come up.
        std::string words;
        for (char letter = 0; ::read(told.number(), &letter, 1) == 1 && letter != '\n';) words += letter;
        BOOST_REQUIRE_MESSAGE(words.contains("port "), must(read_whole(file("hub.log"))));
        return {std::move(server), words.substr(words.rfind(' ') + 1)};
    }
    std::filesystem::path state() const { return scratch.path() / "hub"; }
    // The file of that name here, for what travels to the authority and back.
    std::filesystem::path file(const std::string& name) const { return scratch.path() / name; }

    // A computer whose TPM has a certificate of a manufacturer that is trusted, and whose firmware enforces Secure
    // Boot from its second start on.
    Hardware measured(Disk disk, const std::string& name = "machine") const {
        auto made = hardware(std::move(disk));
        made.folder = scratch.path() / name;
        made.secure_boot = true;
        must(make_directories(tpm_state(made)));
        const auto maker = scratch.path() / (name + "-maker");
        must(make_directories(maker));
        must(manufacture_tpm(tpm_state(made), maker, maker / "ca"));
        hub("trust --by ada --manufacturer " + (maker / "ca/issuer.pem").string());
        return made;
    }

    // What the box asks, in a file here.
    std::filesystem::path request(UpdateBox& box, const std::string& words, const std::string& name) const {
        box.shell("holdfast enroll request --name ventilator-7 --out /run/asked " + words);
        must(write_whole(file(name), must(box.agent().read_file("/run/asked", for_a_command()))));
        return file(name);
    }
    void give(UpdateBox& box, const std::filesystem::path& answer) const {
        must(box.agent().write_file("/run/answer", must(read_whole(answer)), for_a_command()));
    }

    // The box asks, is admitted, and opens the answer: what the authority has said.
    Json join(UpdateBox& box, const std::string& name, const std::string& words, const std::string& by = {}) const {
        const auto asked = request(box, words, name + ".request");
        auto admission = hub("admit " + asked.string() + by + " --json");
        give(box, file(name + ".answer"));
        BOOST_TEST(box.json("enroll import /run/answer --json --authority " + authority).at("name") == "ventilator-7");
        return admission;
    }

    std::string authority;  // fingerprint
};

// The checks that did not say yes: "name: answer: reason".
inline std::vector<std::string> objections(const Json& admission) {
    std::vector<std::string> all;
    for (const auto& check : admission.at("checks"))
        if (check.at("answer") != "yes")
            all.push_back(check.at("name").get<std::string>() + ": " + check.at("answer").get<std::string>() + ": " +
                          check.at("reason").get<std::string>());
    return all;
}

// Those of them whose text begins so; the whole list where there is none.
inline bool objects(const Json& admission, const std::string& beginning) {
    for (const auto& each : objections(admission))
        if (each.starts_with(beginning)) return true;
    for (const auto& each : objections(admission)) BOOST_TEST_MESSAGE(each);
    return false;
}

}  // namespace holdfast::vm
