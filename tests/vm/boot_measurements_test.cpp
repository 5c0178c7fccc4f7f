// What the machine's TPM says after a start, told by tpm2-tools in it, against what was published beside the image.
#include "base/json.hpp"
#include "lab.hpp"
#include "vm/event_log.hpp"

#include <array>

using namespace holdfast;
using namespace holdfast::vm;

namespace {

constexpr std::size_t reference_limit = 1024UL * 1024;

struct Told {
    std::map<unsigned, std::string> pcrs;
    std::vector<MeasuredEvent> log;
    std::string phases;  // journal of the units that measure them
};

Told ask(Agent& agent) {
    // The last phase is measured at the very end of the start.
    must(agent.shell("systemctl is-system-running --wait || true", for_a_boot()));
    const std::string values =
        must(agent.shell("tpm2_pcrread --tcti=device:/dev/tpmrm0 sha256:4,11,12", for_a_command()));
    const std::string log =
        must(agent.shell("tpm2_eventlog /sys/kernel/security/tpm0/binary_bios_measurements", for_a_command()));
    return {must(parse_pcrs(values)), must(parse_event_log(log)),
            must(agent.shell(
                "systemctl show -p ActiveState --value systemd-pcrphase-sysinit.service systemd-pcrphase.service",
                for_a_command()))};
}

Json reference(const Lab& lab) {
    return must(json::parse(must(read_whole(lab.image.measurements())), reference_limit));
}

const std::string application = "EV_EFI_BOOT_SERVICES_APPLICATION";

// The Authenticode digests of the components that ran, in the order in which they were started.
std::vector<std::string> expected_applications(const Json& papers, const std::vector<std::string>& names) {
    std::vector<std::string> digests;
    for (const auto& name : names)
        for (const auto& component : papers.at("components"))
            if (component.at("name") == name) digests.push_back(component.at("authenticode"));
    BOOST_REQUIRE_EQUAL(digests.size(), names.size());
    return digests;
}

std::vector<std::string> applications(const std::vector<MeasuredEvent>& log) {
    std::vector<std::string> digests;
    for (const auto& event : log)
        if (event.pcr == 4 && event.type == application) digests.push_back(event.digest);
    return digests;
}

void check_log_explains_registers(const Told& told) {
    BOOST_TEST(must(replay(told.log, 4)) == told.pcrs.at(4));
    BOOST_TEST(must(replay(told.log, 12)) == told.pcrs.at(12));
    // The firmware's log ends with the firmware; systemd measures the phases later.
    auto value = must(replay(told.log, 11));
    for (const auto* word : {"enter-initrd", "leave-initrd", "sysinit", "ready"})
        value = must(extend_word(value, word));
    BOOST_TEST(value == told.pcrs.at(11));
}

void check_phases_and_slot(const Told& told, const Json& papers) {
    BOOST_TEST(told.phases == "active\n\nactive\n");
    const auto& phases = papers.at("pcrs").at("11");
    BOOST_TEST(told.pcrs.at(11) == phases.at("enter-initrd:leave-initrd:sysinit:ready").get<std::string>());
    BOOST_TEST(told.pcrs.at(12) == papers.at("pcrs").at("12").at("a").get<std::string>());
}

}  // namespace

BOOST_AUTO_TEST_CASE(without_secure_boot_registers_and_log_are_as_published) {
    const Lab lab;
    const auto machine = must(Machine::power_on(lab.hardware(lab.overlay())));
    must(machine->wait_for_verdict(for_a_boot()));
    auto agent = must(machine->agent(for_a_command()));
    const auto told = ask(agent);
    machine->cut_power();

    const auto papers = reference(lab);
    BOOST_TEST(told.pcrs.at(4) == papers.at("pcrs_without_secure_boot").at("4").at("a").get<std::string>());
    check_phases_and_slot(told, papers);
    check_log_explains_registers(told);
    BOOST_TEST(applications(told.log) == expected_applications(papers, {"systemd-boot", "uki", "addon-a", "kernel"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(with_secure_boot_registers_and_log_are_as_published) {
    const Lab lab;
    auto hardware = lab.hardware(lab.overlay());
    hardware.secure_boot = true;
    const auto machine = must(Machine::power_on(hardware));
    must(machine->wait_for_event("RESET", for_a_boot()));
    must(machine->wait_for_verdict(for_a_boot()));
    auto agent = must(machine->agent(for_a_command()));
    const auto told = ask(agent);
    machine->cut_power();

    const auto papers = reference(lab);
    BOOST_TEST(told.pcrs.at(4) == papers.at("pcrs").at("4").at("a").get<std::string>());
    check_phases_and_slot(told, papers);
    check_log_explains_registers(told);
    BOOST_TEST(applications(told.log) == expected_applications(papers, {"systemd-boot", "uki", "addon-a"}),
               boost::test_tools::per_element());
}
