// A new release whose required check fails: the box is back on the old slot by itself, says why, has its data as it
// was, and does not try that release again.
#include "update_lab.hpp"

using namespace holdfast;
using namespace holdfast::vm;

BOOST_AUTO_TEST_CASE(a_red_verdict_goes_back_at_once_with_the_data_of_before) {
    UpdateLab lab;
    must(lab.releases.publish(must(lab.releases.make(
        UpdateLab::better("0.2.0", 10,
                          {UpdateLab::sick(),
                           {"usr/lib/greenboot/red.d/10-note.sh", "#!/bin/sh\ntouch /var/lib/red-was-here\n", 0755},
                           UpdateLab::writes()})))));
    const test::FolderServer server(lab.releases.repository());
    auto box = UpdateLab::start(lab.with_server(lab.overlay(), server.port()));
    box.shell("mkdir -p /var/lib/containers && echo old >/var/lib/containers/data");
    box.holdfast("update download " + std::string(UpdateLab::url));
    box.restart_by("update apply");
    box.expect_verdict("red", "b", "0.2.0");
    must(box.machine->wait_for_event("RESET", for_a_boot()));
    box.wait_until_rolled_back("0.2.0");
    box.expect_green("a", box.first_version);
    BOOST_TEST(box.shell("cat /var/lib/containers/data; ls /var/lib/red-was-here") == "old\n/var/lib/red-was-here");
    const auto attempt = box.json("update history --json").at("attempts").back();
    BOOST_TEST(attempt.at("state") == "held");
    BOOST_TEST(attempt.at("cause").get<std::string>().contains("99-sick.sh is sick: the pump does not answer"));
    BOOST_TEST(box.refusal("update download " + std::string(UpdateLab::url)).contains("is held"));
    BOOST_TEST(box.shell("ostree fsck --quiet >/dev/null && echo whole") == "whole");
    box.machine->cut_power();
}
