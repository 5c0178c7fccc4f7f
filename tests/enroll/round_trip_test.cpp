#include "base/file.hpp"
#include "base/text.hpp"
#include "enroll/parts.hpp"
#include "identity/issue.hpp"
#include "measured_box.hpp"
#include "tpm/public_key.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <ctime>

using namespace holdfast;
using namespace holdfast::enroll;

namespace {

// Every check that does not say yes: "name: reason".
std::vector<std::string> objections(const Decision& decision) {
    std::vector<std::string> all;
    for (const auto& check : decision.checks)
        if (check.answer != Answer::Yes)
            all.push_back(std::string(text(check.answer)) + " " + check.name + ": " + check.reason);
    return all;
}

// The request goes through its bytes, as it would over a line or on a stick.
Decision judged(const Request& request, const Expectations& expected = expectations()) {
    return decide(good(parse_request(write_request(request))), expected);
}

void objects_to(const Decision& decision, Answer answer, const std::string& check, const std::string& reason) {
    const auto found = std::ranges::find(decision.checks, check, &Check::name);
    BOOST_REQUIRE(found != decision.checks.end());
    BOOST_TEST_CONTEXT(check + ": " + found->reason) {
        BOOST_TEST((found->answer == answer));
        BOOST_TEST(found->reason.contains(reason));
        BOOST_TEST((decision.answer() == answer));
    }
}

constexpr std::int64_t now = 1'790'000'000, day = 86'400;

struct Authority {
    identity::Key root_key = good(identity::make_key()), key = good(identity::make_key());
    std::string root = good(identity::make_root(root_key.get(), "clinic.example", {now, now + 3650 * day}));
    std::string certificate =
        good(identity::make_intermediate({root, root_key.get()}, key.get(), "clinic.example", {now, now + 365 * day}));
    std::string answer(const std::string& request) const {
        const Request asked = good(parse_request(request));
        const auto box = good(tpm::public_key(asked.device_public));
        const std::string leaf = good(identity::make_leaf(
            {certificate, key.get()}, box.get(), {"clinic.example", asked.site, asked.name, {}}, {now, now + day}));
        return good(write_answer(sha256(request), {{leaf, certificate}, {root}, {}}, asked.ek_public,
                                 asked.attestation_public));
    }
};

// The fuzzers begin with what a real round trip was made of: HOLDFAST_SEEDS=tests/fuzz/seeds writes it anew.
void keep_seeds(const Request& asked, const std::string& request, const std::string& answer,
                const Authority& authority) {
    const char* folder = std::getenv("HOLDFAST_SEEDS");
    if (!folder) return;
    const std::string own =
        good(identity::make_box_authority({authority.certificate, authority.key.get()}, authority.key.get(),
                                          {"clinic.example", asked.site, asked.name, {}}, {now, now + day}));
    Request later = asked;
    later.kind = Kind::Evidence;
    const std::string lines = join(good(write_parts("a short request", 60)), "\n");
    for (const auto& [name, bytes] : {std::pair<const char*, std::string>{"enrollment/request", request},
                                      {"enrollment/answer", answer},
                                      {"enrollment/evidence", write_request(later)},
                                      {"event_log/firmware", asked.firmware_log},
                                      {"event_log/userspace", asked.userspace_log},
                                      {"attested/ek", asked.ek_public},
                                      {"attested/key", asked.attestation_public},
                                      {"attested/quote", asked.quote.statement},
                                      {"attested/signature", asked.quote.signature},
                                      {"attested/certified", asked.certified.statement},
                                      {"certificate/endorsement", asked.ek_certificate},
                                      {"certificate/authority", authority.certificate},
                                      {"certificate/box", own},
                                      {"certificate/pem", identity::pem_of(own)},
                                      {"parts/lines", lines}}) {
        const auto file = std::filesystem::path(folder) / name;
        BOOST_REQUIRE(make_directories(file.parent_path()).has_value());
        BOOST_REQUIRE(write_whole(file, bytes).has_value());
    }
}

template <class T>
std::string refusal(const Result<T>& result) {
    BOOST_REQUIRE(!result.has_value());
    return result.error().what;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_box_that_runs_what_is_known_is_admitted_and_learns_who_it_is) {
    const MeasuredBox box({}, RealTpm::Certificates::Yes);
    const Request asked = box.ask();
    BOOST_TEST(!asked.ek_certificate.empty());
    BOOST_TEST(objections(judged(asked)) == std::vector<std::string>(), boost::test_tools::per_element());
    const std::string request = write_request(asked);
    const Authority authority;
    const std::string answer = authority.answer(request);
    keep_seeds(asked, request, answer, authority);
    auto tpm = box.tpm.open();
    const auto identity = good(take(tpm, box.keys, request, answer));
    BOOST_TEST(identity.id.uri() == "spiffe://clinic.example/site/north/box/ventilator-7");
    BOOST_TEST(identity.authority == good(identity::facts_of(authority.root)).fingerprint);
    BOOST_TEST((identity.grant.roots == std::vector{authority.root}));
}

BOOST_AUTO_TEST_CASE(an_answer_is_for_one_request_of_one_tpm) {
    const MeasuredBox box, other;
    const Authority authority;
    const std::string request = write_request(box.ask()), later = write_request(box.ask());
    const std::string answer = authority.answer(request);
    {
        auto tpm = box.tpm.open();
        BOOST_TEST(refusal(take(tpm, box.keys, later, answer)).contains("another request"));
        for (const std::size_t at : {answer.size() / 2, answer.size() - 40}) {
            std::string changed = answer;
            changed[at] = static_cast<char>(changed[at] ^ 1);
            BOOST_TEST(!take(tpm, box.keys, request, changed).has_value());
        }
        BOOST_TEST(!take(tpm, box.keys, request, answer.substr(0, 100)).has_value());
    }
    // A cloned disk: the same files on another TPM.
    auto stranger = other.tpm.open();
    BOOST_TEST(refusal(take(stranger, box.keys, request, answer)).contains("not of this TPM"));
    BOOST_TEST(refusal(take(stranger, other.keys, request, answer)).contains("not made for this TPM"));
}

BOOST_AUTO_TEST_CASE(whoever_nobody_vouches_for_is_asked_about) {
    const MeasuredBox box({}, RealTpm::Certificates::Yes);
    const Request asked = box.ask();
    auto expected = expectations();
    expected.admit_unknown_endorsement_keys = false;
    objects_to(judged(asked, expected), Answer::Ask, "endorsement key", "no manufacturer that is trusted here");
    const auto issuer = good(identity::certificates_in(good(read_whole(box.tpm.folder() / "ca/issuer.pem"))));
    expected.manufacturers = enroll::Manufacturers(issuer);
    expected.now = static_cast<std::uint64_t>(std::time(nullptr));  // its certificates are of today
    BOOST_TEST(objections(judged(asked, expected)) == std::vector<std::string>(), boost::test_tools::per_element());
    expected.manufacturers = {};
    expected.known_endorsement_keys = {sha256(asked.ek_public)};
    BOOST_TEST(objections(judged(asked, expected)) == std::vector<std::string>(), boost::test_tools::per_element());

    // Somebody else's certificate.
    const MeasuredBox other({}, RealTpm::Certificates::Yes);
    MeasuredBox thief;
    Request stolen = thief.ask();
    stolen.ek_certificate = asked.ek_certificate;
    objects_to(judged(stolen), Answer::No, "quote", "something of this one was changed");
    BOOST_TEST(std::ranges::any_of(judged(stolen).checks,
                                   [](const Check& check) { return check.reason.contains("is of another key"); }));
    Request without = thief.ask();
    expected = expectations();
    expected.admit_unknown_endorsement_keys = false;
    objects_to(judged(without, expected), Answer::Ask, "endorsement key", "nobody vouches for it");
}

BOOST_AUTO_TEST_CASE(keys_that_could_be_copied_are_refused) {
    const MeasuredBox box, other;
    Request asked = box.ask();
    asked.device_public = other.keys.device.public_area;
    objects_to(judged(asked), Answer::No, "device key", "vouches for another key");
    asked = box.ask();
    asked.attestation_public = other.keys.attestation.public_area;
    objects_to(judged(asked), Answer::No, "quote", "its key did not make");
    asked = box.ask();
    asked.attestation_public = asked.device_public;
    objects_to(judged(asked), Answer::No, "attestation key", "could sign what does not come from the TPM");
}

BOOST_AUTO_TEST_CASE(what_was_changed_in_a_request_is_told) {
    const MeasuredBox box;
    Request asked = box.ask();
    asked.name = "ventilator-8";
    objects_to(judged(asked), Answer::No, "quote", "something of this one was changed");
    asked = box.ask();
    asked.pcrs[7].fill(7);
    objects_to(judged(asked), Answer::No, "event log", "does not explain PCR 7");
    asked = box.ask();
    // One entry of the log changed, and the box asks with that log.
    auto wish = box.wish;
    wish.firmware_log[wish.firmware_log.find("firmware 1.0") - 10] ^= 1;
    auto tpm = box.tpm.open();
    objects_to(judged(good(ask(tpm, box.keys, wish))), Answer::No, "event log", "does not explain PCR 0");
    wish.firmware_log = "nonsense";
    objects_to(judged(good(ask(tpm, box.keys, wish))), Answer::No, "event log", "");
}

BOOST_AUTO_TEST_CASE(another_command_line_is_refused_with_its_words) {
    objects_to(judged(MeasuredBox({.command_line = "ostree=/ostree/root.a systemd.debug-shell"}).ask()), Answer::No,
               "command line", "systemd.debug-shell");
}

BOOST_AUTO_TEST_CASE(unknown_programs_are_refused_by_what_they_are) {
    objects_to(judged(MeasuredBox({.uki = "another uki"}).ask()), Answer::No, "boot components", "of no release");
    objects_to(judged(MeasuredBox({.loader = "grub"}).ask()), Answer::No, "boot components", "boot loader");
    objects_to(judged(MeasuredBox({.extra = "a shell"}).ask()), Answer::No, "boot components", "one more program");
}

BOOST_AUTO_TEST_CASE(without_secure_boot_or_with_other_keys_it_is_refused) {
    objects_to(judged(MeasuredBox({.secure_boot = std::string(1, '\0')}).ask()), Answer::No, "Secure Boot",
               "it is off");
    auto expected = expectations();
    expected.secure_boot_keys.erase(sha256(MeasuredBox::owners("db")));
    objects_to(judged(MeasuredBox().ask(), expected), Answer::No, "Secure Boot", "db is not the owner's");
}

// As a machine's log has it: firmware without Secure Boot measures the kernel in the UKI, too.
BOOST_AUTO_TEST_CASE(without_secure_boot_the_releases_own_kernel_is_no_further_program) {
    const std::string off(1, '\0');
    auto expected = expectations();
    const auto asked = MeasuredBox({.secure_boot = off, .extra = "the kernel"}).ask();
    // Firmware that knows no Secure Boot at all measures the variable as empty.
    for (const auto& request : {asked, MeasuredBox({.secure_boot = "", .extra = "the kernel"}).ask()})
        BOOST_TEST(objections(judged(request)) == std::vector<std::string>{"no Secure Boot: it is off"},
                   boost::test_tools::per_element());
    objects_to(judged(MeasuredBox({.secure_boot = off, .extra = "a shell"}).ask()), Answer::No, "boot components",
               "one more program: " + sha256_hex("a shell").substr(0, 16));
    // Under Secure Boot nobody starts it so, and a release of before told of none.
    objects_to(judged(MeasuredBox({.extra = "the kernel"}).ask()), Answer::No, "boot components", "one more program");
    expected.references.front().kernel = {};
    objects_to(judged(asked, expected), Answer::No, "boot components", "one more program");
    BOOST_TEST((good(parse_reference(measurements())).kernel == sha256("the kernel")));
}

BOOST_AUTO_TEST_CASE(an_event_under_a_false_name_hides_nothing) {
    MeasuredBox box({.extra = "a shell"});
    const std::size_t data = box.wish.firmware_log.find("path of a shell");
    BOOST_REQUIRE(data != std::string::npos);
    // Register, type, count, algorithm, digest and size stand in front of an event's data.
    box.wish.firmware_log.replace(data - 46, 4, std::string("\5\0\0\0", 4));
    objects_to(judged(box.ask()), Answer::No, "boot components", "not what it says: EV_ACTION");
    MeasuredBox other;
    other.tpm.tool({"tpm2_pcrextend", "4:sha256=" + sha256_hex("a shell")});
    other.wish.userspace_log +=
        "\x1e{\"pcr\":4,\"digests\":[{\"hashAlg\":\"sha256\",\"digest\":\"" + sha256_hex("a shell") + "\"}]}\n";
    objects_to(judged(other.ask()), Answer::No, "boot components", "a word of systemd's in PCR 4");
}

BOOST_AUTO_TEST_CASE(secure_boot_cannot_be_added_afterwards) {
    MeasuredBox box({.secure_boot = std::string(1, '\0')});
    for (const auto& [name, data] : {std::pair<std::string, std::string>{"SecureBoot", "\1"},
                                     {"PK", MeasuredBox::owners("PK")},
                                     {"KEK", MeasuredBox::owners("KEK")},
                                     {"db", MeasuredBox::owners("db")}}) {
        const std::string bytes = Measured::variable_bytes(name, data);
        box.tpm.tool({"tpm2_pcrextend", "7:sha256=" + sha256_hex(bytes)});
        box.wish.firmware_log += Measured::event(7, 0x80000001, bytes);
    }
    const auto decision = judged(box.ask());
    objects_to(decision, Answer::No, "Secure Boot", "it is off");
    // The log itself is true.
    BOOST_TEST((std::ranges::find(decision.checks, "event log", &Check::name)->answer == Answer::Yes));
}

BOOST_AUTO_TEST_CASE(new_firmware_is_a_question_and_nothing_else) {
    const MeasuredBox box;
    const Request asked = box.ask();
    auto expected = expectations();
    expected.firmware_of_before = asked.pcrs;
    BOOST_TEST(objections(judged(asked, expected)) == std::vector<std::string>(), boost::test_tools::per_element());
    const Request updated = MeasuredBox({.firmware = "firmware 1.1"}).ask();
    objects_to(judged(updated, expected), Answer::Ask, "firmware", "was it updated?");
    expected.firmware = FirmwarePolicy::AllowList;
    objects_to(judged(updated, expected), Answer::Ask, "firmware", "on no list");
    expected.firmware_allowed = {updated.pcrs};
    BOOST_TEST((judged(updated, expected).answer() == Answer::Yes));
    expected.firmware_allowed.clear();
    expected.firmware = FirmwarePolicy::Any;
    BOOST_TEST((judged(updated, expected).answer() == Answer::Yes));
}

BOOST_AUTO_TEST_CASE(a_revoked_release_and_a_wrong_claim_are_refused) {
    MeasuredBox box;
    auto expected = expectations();
    expected.references.front().revoked = true;
    BOOST_TEST((judged(box.ask(), expected).answer() == Answer::No));
    box.wish.running.commit = std::string(64, 'd');
    objects_to(judged(box.ask()), Answer::No, "release", "it says that it runs commit dddd");
    // The next release with the same boot files.
    expected = expectations();
    auto next = expected.references.front();
    next.commit = box.wish.running.commit;
    expected.references.push_back(next);
    BOOST_TEST((judged(box.ask(), expected).answer() == Answer::Yes));
    expected.references.back().revoked = true;
    objects_to(judged(box.ask(), expected), Answer::No, "release", "was revoked");
}

BOOST_AUTO_TEST_CASE(tickets_count) {
    const Request asked = MeasuredBox().ask();
    auto expected = expectations();
    using Ticket = Expectations::Ticket;
    for (const auto& [ticket, answer] : {std::pair{Ticket::None, Answer::Ask},
                                         {Ticket::Expired, Answer::No},
                                         {Ticket::UsedUp, Answer::No},
                                         {Ticket::Unknown, Answer::No},
                                         {Ticket::OtherName, Answer::No}}) {
        expected.ticket = ticket;
        objects_to(judged(asked, expected), answer, "ticket", "");
    }
}
