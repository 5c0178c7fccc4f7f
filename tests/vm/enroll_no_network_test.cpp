// A box with no network device at all joins an authority by two files, and others' tools agree with what it says.
#include "enroll/answer.hpp"
#include "enroll/request.hpp"
#include "enroll_lab.hpp"
#include "identity/certificate.hpp"
#include "tpm/attested.hpp"
#include "vm/event_log.hpp"

using namespace holdfast;
using namespace holdfast::vm;

namespace {

constexpr auto endpoint = "/run/holdfast/workload/pump/api.sock";

// Their program on files in the lab's folder.
std::string tool(const EnrollLab& lab, const Arguments& arguments) {
    return must(run_or_fail(arguments, {.directory = lab.scratch.path()}));
}

void check_quote(const EnrollLab& lab, const enroll::Request& asked) {
    // Public area behind its size, as these tools keep it.
    must(write_whole(lab.file("key.pub"), asked.attestation_public));
    must(write_whole(lab.file("quote"), asked.quote.statement));
    must(write_whole(lab.file("signature"), asked.quote.signature));
    tool(lab, {"tpm2_checkquote", "-u", "key.pub", "-m", "quote", "-s", "signature", "-g", "sha256", "-q",
               hex(enroll::binding_of(asked))});
}

void check_log(const EnrollLab& lab, const enroll::Request& asked) {
    must(write_whole(lab.file("log"), asked.firmware_log));
    const auto log = must(parse_event_log(tool(lab, {"tpm2_eventlog", "log"})));
    for (const unsigned pcr : {0U, 2U, 4U, 7U, 12U})
        BOOST_TEST_CONTEXT("PCR " << pcr) BOOST_TEST(must(replay(log, pcr)) == hex(asked.pcrs.at(pcr)));
}

void check_certificate(const EnrollLab& lab, const enroll::Grant& grant) {
    must(write_whole(lab.file("box.pem"), identity::pem_of(grant.chain.front())));
    tool(lab, {"openssl", "verify", "-x509_strict", "-CAfile", "hub/root.pem", "-untrusted", "hub/authority.pem",
               "box.pem"});
    BOOST_TEST(tool(lab, {"openssl", "x509", "-in", "box.pem", "-noout", "-ext", "subjectAltName"})
                   .contains("URI:spiffe://clinic.example/site/north/box/ventilator-7"));
}

// Files of a workload in the box, by name, now here.
void take_papers(const EnrollLab& lab, UpdateBox& box, const std::string& folder) {
    for (const auto* name : {"svid.pem", "svid_key.pem"})
        must(write_whole(lab.file(name), must(box.agent().read_file(folder + "/" + name, for_a_command()))));
    tool(lab, {"openssl", "verify", "-x509_strict", "-CAfile", "hub/root.pem", "-untrusted", "svid.pem", "svid.pem"});
    BOOST_TEST(tool(lab, {"openssl", "x509", "-in", "svid.pem", "-noout", "-pubkey"}) ==
               tool(lab, {"openssl", "pkey", "-in", "svid_key.pem", "-pubout"}));
}

void check_workload(const EnrollLab& lab, UpdateBox& box) {
    const auto issued = box.json("identity svid issue --workload alarms --out /run/alarms --json");
    BOOST_TEST(issued.at("id") == "spiffe://clinic.example/site/north/box/ventilator-7/workload/alarms");
    BOOST_TEST(box.json("identity svid verify /run/alarms/svid.pem --json").at("id") == issued.at("id"));
    BOOST_TEST(
        box.refusal("identity svid verify /run/alarms/svid.pem --id spiffe://clinic.example/site/north/box/pump-1")
            .contains("and not of"));
    take_papers(lab, box, "/run/alarms");
}

// Somebody else's client of the SPIFFE Workload API, as a user of the box that nothing but the socket knows.
void check_workload_api(const EnrollLab& lab, UpdateBox& box) {
    must(box.agent().write_file("/run/peer", must(read_whole(HOLDFAST_PEER, 64 * mebibyte)), for_a_boot()));
    box.shell("chmod 755 /run/peer && mkdir /run/papers && chown nobody /run/papers");
    box.shell("echo 'user: nobody' >/etc/holdfast/workloads/pump.yaml");
    BOOST_TEST(box.shell("setpriv --reuid=nobody --clear-groups --regid=nogroup /run/peer fetch " +
                         std::string(endpoint) + " /run/papers") ==
               "spiffe://clinic.example/site/north/box/ventilator-7/workload/pump");
    BOOST_TEST(box.shell("stat -c '%a %U' " + std::string(endpoint)) == "600 nobody");
    take_papers(lab, box, "/run/papers");
}

// Nobody tells it to look at what it runs: that it was admitted does.
void expect_trust(UpdateBox& box) {
    const auto looked = box.shell(
        "bash -c \"grep -m 1 'Finished\\|Failed' < <(exec timeout 300 journalctl -b -o cat -n all -f "
        "-u holdfast-attest.service 2>/dev/null)\"");
    BOOST_TEST(looked.contains("Finished"), looked);
    BOOST_TEST(box.json("status --json").at("trust") == "trusted");
}

// What it runs, by its own judgement and by the authority's; and a box that found itself untrusted gives nobody a
// certificate until it has looked again.
void check_attestation(const EnrollLab& lab, UpdateBox& box) {
    const auto attested = box.json("identity attest --json");
    BOOST_TEST(attested.at("standing") == "trusted");
    BOOST_TEST(box.json("status --json").at("trust") == "trusted");
    const auto evidence = lab.file("one.evidence");
    must(write_whole(evidence,
                     must(box.agent().read_file(attested.at("evidence").get<std::string>(), for_a_command()))));
    const auto judged = lab.hub("judge " + evidence.string() + " --json").at("evidence").at(0);
    BOOST_TEST(judged.at("trusted") == true);
    // The same again is judged the same, and is no news.
    BOOST_TEST(lab.hub("judge " + evidence.string() + " --json").at("evidence").at(0).at("outcome") == "attested");

    // One more thing that is measured where only programs of the start are.
    box.shell("tpm2_pcrextend 4:sha256=$(printf x | sha256sum | cut -c-64)");
    BOOST_TEST(box.shell("holdfast identity attest --json >/run/said && echo 0 || echo $?") == "1");
    BOOST_TEST(box.json("status --json").at("trust") == "untrusted");
    BOOST_TEST(box.refusal("identity svid issue --workload alarms --out /run/more").contains("found itself untrusted"));
    BOOST_TEST(box.shell("/run/peer status " + std::string(endpoint) + " header") == "PermissionDenied");
}

// A NATS server of the box's own, which holds what it has to say until there is a line.
void check_letters(UpdateBox& box) {
    box.shell("echo 'nats: [\"tls://hub.clinic.example:7422\"]' >/etc/holdfast/sync.yaml");
    box.shell("systemctl start holdfast-nats.service");
    BOOST_TEST(
        box.shell("systemctl is-active holdfast-nats.service || journalctl -b -o cat -u holdfast-nats.service") ==
        "active");
    BOOST_TEST(box.shell("stat -c '%a %U %G' /run/holdfast/nats/key.pem") == "640 root nats");
    const auto ready = box.shell(
        "bash -c \"grep -m 1 'Server is ready' < <(exec timeout 300 journalctl -b -o cat -n all -f "
        "-u holdfast-nats.service 2>/dev/null)\"");
    BOOST_TEST(ready.contains("ready"), ready);
    BOOST_TEST(box.shell("holdfast sync now").starts_with("nats: "));
    box.shell("rm /etc/holdfast/sync.yaml; systemctl stop holdfast-nats.service");
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_box_without_a_network_joins_by_two_files) {
    const EnrollLab lab;
    auto box = UpdateLab::start(lab.measured(lab.overlay()));
    BOOST_TEST(box.refusal("enroll show").contains("has not been admitted"));

    // It is to have an authority of its own.
    box.shell("mkdir -p /etc/holdfast && echo 'authority: true' >/etc/holdfast/identity.yaml");
    const auto file = lab.request(box, "--ticket " + lab.ticket("--issuing"), "ventilator-7.request");
    const auto admission = lab.hub("admit " + file.string() + " --json");
    BOOST_TEST(objections(admission) == std::vector<std::string>(), boost::test_tools::per_element());
    const auto asked = must(enroll::parse_request(must(read_whole(file))));
    check_quote(lab, asked);
    check_log(lab, asked);

    lab.give(box, lab.file("ventilator-7.answer"));
    // Whose answer it is has to be told.
    BOOST_TEST(box.refusal("enroll import /run/answer").contains("the authority that answered has the fingerprint"));
    const auto joined = box.json("enroll import /run/answer --json --authority " + lab.authority);
    BOOST_TEST(joined.at("id") == "spiffe://clinic.example/site/north/box/ventilator-7");
    BOOST_TEST(box.json("enroll show --json").at("id") == joined.at("id"));
    expect_trust(box);
    check_certificate(
        lab,
        must(enroll::parse_grant(must(box.agent().read_file("/var/lib/holdfast/identity/grant", for_a_command())))));

    check_workload(lab, box);
    check_workload_api(lab, box);
    check_letters(box);

    // An answer is for once, and the same request is answered the same.
    BOOST_TEST(
        box.refusal("enroll import /run/answer --authority " + lab.authority).contains("nothing waits for an answer"));
    BOOST_TEST(lab.hub("admit " + file.string() + " --json").at("repeated") == true);
    // A later one needs no ticket.
    const auto again = lab.hub("admit " + lab.request(box, "--site north", "again.request").string() + " --json");
    BOOST_TEST(objections(again) == std::vector<std::string>(), boost::test_tools::per_element());
    check_attestation(lab, box);
    box.machine->cut_power();
}
