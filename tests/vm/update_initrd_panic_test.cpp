// A new release whose first process dies, so that the kernel panics, three times: the boot loader alone brings the old
// slot back, which finds out why.
#include "update_lab.hpp"

using namespace holdfast;
using namespace holdfast::vm;

BOOST_AUTO_TEST_CASE(a_release_that_panics_in_its_initrd_is_rolled_back) {
    UpdateLab lab;
    auto panics = UpdateLab::better("0.2.0", 10);
    // A first process that ends at once; where it could not even be started the kernel would try others.
    panics.initrd = {{"init", "#!/usr/bin/kmod\n", 0755}};
    panics.cmdline = "panic=1";
    must(lab.releases.publish(must(lab.releases.make(panics))));
    const test::FolderServer server(lab.releases.repository());
    auto box = UpdateLab::start(lab.with_server(lab.overlay(), server.port()));
    box.shell("mkdir -p /var/lib/containers && echo old >/var/lib/containers/data");
    box.holdfast("update download " + std::string(UpdateLab::url));
    box.restart_by("update apply");
    for (int i = 0; i < 3; ++i) {
        must(box.machine->wait_for("Kernel panic - not syncing", for_a_boot()));
        must(box.machine->wait_for_event("RESET", for_a_boot()));
    }
    box.wait_until_rolled_back("0.2.0");
    box.expect_green("a", box.first_version);
    const auto attempt = box.json("update history --json").at("attempts").back();
    BOOST_TEST(attempt.at("state") == "held");
    BOOST_TEST(attempt.at("cause").get<std::string>().contains("started 3 times and never came to its first check"));
    BOOST_TEST(box.refusal("update download " + std::string(UpdateLab::url)).contains("is held"));
    BOOST_TEST(box.shell("cat /var/lib/containers/data") == "old");
    box.machine->cut_power();
}
