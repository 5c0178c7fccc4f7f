// A new release that hangs before anything of Holdfast's runs, but systemd: at its deadline it is given up.
#include "update_lab.hpp"

using namespace holdfast;
using namespace holdfast::vm;

BOOST_AUTO_TEST_CASE(a_release_that_hangs_is_given_up_at_its_deadline) {
    UpdateLab lab;
    must(lab.releases.publish(must(lab.releases.make(UpdateLab::better(
        "0.2.0", 10,
        {{"usr/lib/systemd/system/hang.service",
          "[Unit]\nDefaultDependencies=no\nBefore=sysinit.target\nAfter=holdfast-settle.service\n"
          "[Service]\nType=oneshot\nTimeoutStartSec=infinity\n"
          "ExecStart=/bin/sh -c 'echo new >/var/lib/containers/data; exec sleep infinity'\n"},
         {"usr/lib/systemd/system/sysinit.target.d/hang.conf", "[Unit]\nRequires=hang.service\nAfter=hang.service\n"},
         {"usr/lib/holdfast/update.yaml", "deadline-minutes: 2\n"}})))));
    const test::FolderServer server(lab.releases.repository());
    auto box = UpdateLab::start(lab.with_server(lab.overlay(), server.port()));
    box.shell("mkdir -p /var/lib/containers && echo old >/var/lib/containers/data");
    box.holdfast("update download " + std::string(UpdateLab::url));
    box.restart_by("update apply");
    must(box.machine->wait_for("no verdict within 2 minutes after the start: it hangs", for_a_boot()));
    must(box.machine->wait_for_event("RESET", for_a_boot()));
    box.wait_until_rolled_back("0.2.0");
    box.expect_green("a", box.first_version);
    const auto attempt = box.json("update history --json").at("attempts").back();
    BOOST_TEST(attempt.at("cause").get<std::string>().contains("no verdict within 2 minutes"));
    BOOST_TEST(box.shell("cat /var/lib/containers/data") == "old");
    BOOST_TEST(box.refusal("update download " + std::string(UpdateLab::url)).contains("is held"));
    box.machine->cut_power();
}
