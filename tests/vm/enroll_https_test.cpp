// A box joins an authority over a line: at once with a ticket, and after a person has decided without one. It ends in
// the same state as by two files.
#include "enroll_lab.hpp"

using namespace holdfast;
using namespace holdfast::vm;

BOOST_AUTO_TEST_CASE(a_box_joins_over_a_line) {
    const EnrollLab lab;
    const auto line = lab.serve();
    auto hardware = lab.measured(lab.overlay());
    hardware.network = Network::User;
    hardware.web_server = (source_folder() / "tests/net/forward.sh").string() + " " + line.port;
    auto box = UpdateLab::start(hardware);
    const std::string join = "enroll join https://10.0.2.100:80 --site north --authority ";

    // Nobody is talked to but the authority that was named.
    BOOST_TEST(box.refusal(join + std::string(64, 'a') + " --name ventilator-7").contains("10.0.2.100"));
    // Without a ticket a person has to decide, and the box says who.
    BOOST_TEST(box.refusal(join + lab.authority + " --name ventilator-7").contains("a person there has to decide"));
    const auto waiting = must(run_or_fail({"sh", "-c", "ls " + (lab.state() / "waiting").string()}));
    lab.hub("admit " + (lab.state() / "waiting" / trim(waiting)).string() + " --by ada");
    const auto joined = box.json(join + lab.authority + " --name ventilator-7 --json");
    BOOST_TEST(joined.at("id") == "spiffe://clinic.example/site/north/box/ventilator-7");
    BOOST_TEST(joined.at("authority") == lab.authority);
    BOOST_TEST(box.json("identity show --json") == joined);
    BOOST_TEST(box.shell("ls /var/lib/holdfast/identity") == "admitted\ngrant\nkeys\nline");
    box.machine->cut_power();
}
