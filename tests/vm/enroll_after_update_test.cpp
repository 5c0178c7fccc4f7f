// A box that was admitted goes to the next release: nothing is enrolled again, and the authority knows what runs.
#include "enroll_lab.hpp"

using namespace holdfast;
using namespace holdfast::vm;

BOOST_AUTO_TEST_CASE(an_updated_box_is_still_the_box) {
    const EnrollLab lab;
    auto releases = must(Releases::open(lab.image, lab.file("releases"), source_folder() / "keys/development"));
    auto wanted = UpdateLab::better("0.2.0", 10);
    wanted.cmdline = "holdfast.next=1";  // another UKI, so other measurements
    const auto next = must(releases.make(wanted));
    must(releases.measure(next));
    must(releases.publish(next));
    const test::FolderServer server(releases.repository());
    auto box = UpdateLab::start(reaching(std::to_string(server.port()), lab.measured(lab.overlay())));

    lab.join(box, "first", "--ticket " + lab.ticket());
    const auto identity = box.json("enroll show --json");

    box.holdfast(std::string("update download ") + UpdateLab::url);
    box.restart_by("update apply");
    box.expect_green("b", "0.2.0");
    box.wait_until_good("0.2.0");
    BOOST_TEST(box.json("enroll show --json") == identity);
    // By its own signed commit it knows that it runs what it should.
    BOOST_TEST(box.json("identity attest --json").at("standing") == "trusted");
    BOOST_TEST(box.json("status --json").at("trust_reason").get<std::string>().contains("it runs version 0.2.0"));

    // The authority has not been told of that release yet.
    const auto early = lab.request(box, "--site north", "early.request");
    BOOST_TEST(objects(lab.hub("admit " + early.string() + " --by ada --json", 77), "boot components: no: its UKI"));
    lab.hub("release add " + next.string());
    const auto second = lab.request(box, "--site north", "second.request");
    BOOST_TEST(objections(lab.hub("admit " + second.string() + " --json")) == std::vector<std::string>(),
               boost::test_tools::per_element());
    // And takes back what it knew.
    lab.hub("release revoke --by ada " + box.json("status --json").at("commit").get<std::string>());
    const auto third = lab.request(box, "--site north", "third.request");
    BOOST_TEST(objects(lab.hub("admit " + third.string() + " --json", 77), "release: no: version 0.2.0 was revoked"));
    box.machine->cut_power();
}
