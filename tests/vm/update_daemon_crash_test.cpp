// A new release whose daemon crashes: its check is red, and the box goes back with that cause.
#include "update_lab.hpp"

using namespace holdfast;
using namespace holdfast::vm;

BOOST_AUTO_TEST_CASE(a_release_whose_daemon_crashes_is_rolled_back) {
    UpdateLab lab;
    must(lab.releases.publish(must(lab.releases.make(UpdateLab::better(
        "0.2.0", 10, {{"usr/libexec/holdfast/holdfastd", "#!/bin/sh\nkill -ABRT $$\n", 0755}, UpdateLab::writes()})))));
    const test::FolderServer server(lab.releases.repository());
    auto box = UpdateLab::start(lab.with_server(lab.overlay(), server.port()));
    box.shell("mkdir -p /var/lib/containers && echo old >/var/lib/containers/data");
    box.holdfast("update download " + std::string(UpdateLab::url));
    box.restart_by("update apply");
    box.expect_verdict("red", "b", "0.2.0");
    must(box.machine->wait_for_event("RESET", for_a_boot()));
    box.wait_until_rolled_back("0.2.0");
    box.expect_green("a", box.first_version);
    const auto attempt = box.json("update history --json").at("attempts").back();
    BOOST_TEST(attempt.at("state") == "held");
    BOOST_TEST(attempt.at("cause").get<std::string>().contains("holdfastd"));
    BOOST_TEST(box.shell("cat /var/lib/containers/data") == "old");
    BOOST_TEST(box.refusal("update download " + std::string(UpdateLab::url)).contains("is held"));
    box.machine->cut_power();
}
