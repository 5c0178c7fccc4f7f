// A box finds a newer release on a web server, fetches the difference, writes the spare slot, and is good in it; then
// the same again into the slot it came from, and back by hand, with firmware that has forgotten its boot entries.
#include "update_lab.hpp"

using namespace holdfast;
using namespace holdfast::vm;

namespace {

// The entry that the firmware tries first, "" where that is none of ours.
std::string first_boot_entry(UpdateBox& box) {
    return box.shell(R"(cd /sys/firmware/efi/efivars
        first=$(od -An -tx2 -j4 -N2 BootOrder-* 2>/dev/null | tr -d ' ' | tr a-f A-F)
        tr -d '\0' < "Boot$first-8be4df61-93ca-11d2-aa0d-00e098032b8c" 2>/dev/null | grep -ao Holdfast || true)");
}

// As firmware does that could not read the ESP once.
void forget_boot_entries(UpdateBox& box) {
    box.shell("cd /sys/firmware/efi/efivars; for f in Boot0*-* BootOrder-*; do chattr -i $f; rm $f; done");
}

}  // namespace

BOOST_AUTO_TEST_CASE(over_http_from_slot_to_slot_and_back) {
    UpdateLab lab;
    must(lab.releases.publish(must(lab.releases.make(lab.better("0.2.0", 10)))));
    const test::FolderServer server(lab.releases.repository());
    auto box = UpdateLab::start(lab.with_server(lab.overlay(), server.port()));
    const std::string url = UpdateLab::url;
    BOOST_TEST(box.holdfast("update check " + url).contains("version 0.2.0"));
    BOOST_TEST(box.holdfast("update download " + url).contains("0.2.0 is downloaded"));
    BOOST_TEST(box.json("update status --json").at("state") == "staged");
    box.restart_by("update apply");
    box.expect_green("b", "0.2.0");
    box.wait_until_good("0.2.0");
    BOOST_TEST(box.json("status --json").at("slot") == "b");
    const auto attempt = box.json("update history --json").at("attempts").back();
    BOOST_TEST(attempt.at("state") == "good");
    BOOST_TEST(attempt.at("fetched").get<std::uint64_t>() < 2U << 20U);
    BOOST_TEST(box.shell("cat /usr/share/better") == "0.2.0");

    // The other way round: the newest slot comes first, whatever its letter.
    must(lab.releases.publish(must(lab.releases.make(lab.better("0.3.0", 20)))));
    box.holdfast("update download " + url);
    box.restart_by("update apply");
    box.expect_green("a", "0.3.0");
    box.wait_until_good("0.3.0");
    BOOST_TEST(box.shell("ostree fsck --quiet >/dev/null && echo whole") == "whole");

    BOOST_TEST(first_boot_entry(box) == "Holdfast");
    forget_boot_entries(box);
    BOOST_TEST(first_boot_entry(box).empty());
    box.restart_by("update rollback");
    box.expect_green("b", "0.2.0");
    box.wait_until_good("0.2.0");
    box.shell("systemctl start holdfast-firmware.service");  // until it has done its work, which comes last
    BOOST_TEST(first_boot_entry(box) == "Holdfast");
    BOOST_TEST(box.refusal("update download " + url).contains("is held: a person went back"));
    box.machine->cut_power();
}
