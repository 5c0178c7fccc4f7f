// A box joins an authority over a line: by its invitation and with no person there, and after a person has decided
// where there is no ticket. It ends in the same state as by two files, and reports what it runs.
#include "base/text.hpp"
#include "enroll_lab.hpp"

using namespace holdfast;
using namespace holdfast::vm;

namespace {

// As the installer leaves it: what stands behind `enroll:`, without its indent.
std::string invitation(const EnrollLab& lab) {
    const std::string block =
        lab.hub("ticket create --site north --names ventilator-7 --invitation https://10.0.2.100:80 --json")
            .at("invitation");
    std::string text;
    for (const auto& line : split(block, '\n'))
        if (line.starts_with("  ")) text += line.substr(2) + "\n";
    return text;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_box_joins_over_a_line) {
    const EnrollLab lab;
    const auto line = lab.serve();
    auto box = UpdateLab::start(reaching(line.port, lab.measured(lab.overlay())));
    const std::string join = "enroll join https://10.0.2.100:80 --site north --name ventilator-7 --authority ";

    // Nobody is talked to but the authority that was named, and nobody is joined without a word.
    BOOST_TEST(box.refusal(join + std::string(64, 'a')).contains("10.0.2.100"));
    BOOST_TEST(box.refusal("enroll join").contains("nobody has said"));
    // Without a ticket a person has to decide, and the box says who; it asks for one decision, however often.
    for (int i = 0; i < 2; ++i) BOOST_TEST(box.refusal(join + lab.authority).contains("a person there has to decide"));
    BOOST_TEST(must(run_or_fail({"sh", "-c", "ls " + (lab.state() / "waiting").string() + " | wc -l"})) == "1\n");

    // An invitation with a ticket needs nobody: what the timer does.
    must(box.agent().write_file("/run/invitation", invitation(lab), for_a_command()));
    box.shell("install -D -m 0600 /run/invitation /etc/holdfast/enroll.yaml");
    box.shell("systemctl start holdfast-enroll.service");
    const auto joined = box.json("identity show --json");
    BOOST_TEST(joined.at("id") == "spiffe://clinic.example/site/north/box/ventilator-7");
    BOOST_TEST(joined.at("authority") == lab.authority);
    BOOST_TEST(box.shell("ls /var/lib/holdfast/identity") == "admitted\ngrant\nkeys\nline");
    BOOST_TEST(box.shell("stat -c %a /etc/holdfast/enroll.yaml") == "600");
    BOOST_TEST(box.shell("grep -c ticket /etc/holdfast/enroll.yaml || true") == "0");

    // Nobody was there at the authority, and what it did is on record there all the same.
    BOOST_TEST(lab.deeds().contains("hub.admit  north/ventilator-7"), lab.deeds());

    // Before the next certificate is due nobody is asked; then it comes the same way, with no person there.
    box.shell("systemctl start holdfast-renew.service");
    BOOST_TEST(box.json("identity show --json").at("serial") == joined.at("serial"));
    BOOST_TEST(box.json("identity renew --json").at("serial") != joined.at("serial"));

    // What it runs goes to the authority, and the authority's word comes back along the way.
    box.shell("holdfast identity attest");
    BOOST_TEST(box.json("identity report --json").at("sent").at(0).at("outcome") == "attested");
    lab.hub("quarantine north ventilator-7 --why 'its case was open' --by ada");
    box.shell("systemctl start holdfast-report.service");
    BOOST_TEST(box.json("identity show --json").at("box") == "quarantined");
    lab.hub("free north ventilator-7 --by ada");
    box.shell("systemctl start holdfast-report.service");
    BOOST_TEST(box.json("identity show --json").at("box") == "good");

    // What it is, has done and measured is at the authority after one start of the timer's service, and is signed.
    box.shell("systemctl start holdfast-observe.service");
    box.shell("systemctl start holdfast-sync.service");
    const auto heard = lab.hub("nodes --json").at(0);
    BOOST_TEST(heard.at("name") == "ventilator-7");
    BOOST_TEST(heard.at("heard").get<std::int64_t>() > 0);
    BOOST_TEST(heard.at("records").get<int>() > 3);
    BOOST_TEST(box.shell("holdfast feed verify").contains("catalog  whole and signed"));
    BOOST_TEST(box.shell("holdfast catalog list kind=resource").contains("ventilator-7"));
    // And what the authority tells all boxes is on the box.
    lab.hub("announce holdfast/generic-x86-64/dev/podman https://hub.clinic.example/updates --by ada --json");
    box.shell("holdfast sync now");
    BOOST_TEST(box.shell("holdfast catalog list").contains("holdfast.generic-x86-64.dev.podman"));
    box.machine->cut_power();
}
