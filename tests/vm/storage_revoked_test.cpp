// A release that the owner has taken back is still signed for Secure Boot and starts; the disk does not open for it.
#include "keys/pcr.hpp"
#include "sealed_lab.hpp"

using namespace holdfast;
using namespace holdfast::vm;

BOOST_AUTO_TEST_CASE(an_older_release_does_not_open_the_disk_once_a_newer_key_has_it) {
    const SealedLab lab;
    const auto keys = lab.install.path("keys");
    must(run_or_fail({"cp", "-a", (source_folder() / "keys/development").string(), keys.string()}));
    must(keys::add_pcr_key(keys));
    const auto releases = lab.next_release(keys);
    const test::FolderServer server(releases.repository());
    const auto computer = lab.computer(server.port());
    auto box = UpdateLab::start(computer);
    const auto first = SealedLab::sealed(box).at("seals").at(0);
    SealedLab::update(box);
    // Signed by both keys. The release in the other slot must be able to open the disk.
    const auto waits = SealedLab::sealed(box);
    BOOST_TEST(waits.at("unlocked_by") == "tpm");
    BOOST_TEST(waits.at("seals").at(0) == first);
    // The owner takes it back.
    box.holdfast("storage seal --newest");
    const auto newest = box.json("storage show --json");
    BOOST_TEST(newest.at("seals").size() == 1U);
    BOOST_TEST(newest.at("seals").at(0).at("key") != first.at("key"));
    BOOST_TEST(newest.at("seals").at(0).at("pcrs") == Json::array({7}));

    const auto older = box.shell("ls /efi/EFI/Linux | grep -- '-a.*\\.efi$'");
    box.shell("bootctl set-oneshot " + older + " && systemctl reboot --no-block");
    must(box.machine->wait_for_event("RESET", for_a_boot()));
    must(box.machine->wait_for("the disk of this box is locked: what was started is not signed for this disk",
                               for_a_boot()));
    box.machine->cut_power();

    auto again = UpdateLab::start(computer);
    BOOST_TEST(SealedLab::sealed(again).at("unlocked_by") == "tpm");
    BOOST_TEST(again.json("status --json").at("slot") == "b");
    again.machine->cut_power();
}
