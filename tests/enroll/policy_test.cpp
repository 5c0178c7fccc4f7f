// What an authority takes without asking, and a person's word on what was asked: firmware, and TPMs that are new.
#include "base/in_child.hpp"
#include "base/process.hpp"
#include "base/sqlite.hpp"
#include "places.hpp"
#include "world.hpp"

using namespace holdfast;
using enroll::Answer, enroll::Check, enroll::FirmwarePolicy;

namespace {

constexpr auto site = "north", name = "ventilator-7";

std::string objections(const hub::Admission& said) {
    std::string all;
    for (const auto& check : said.decision.checks)
        if (check.answer != Answer::Yes)
            all += std::string(enroll::text(check.answer)) + " " + check.name + ": " + check.reason + "\n";
    return all;
}

struct Admitted : World {
    Admitted() {
        good(import(admit(request()), hub().fingerprint()));
        before = ruled();
    }
    // How often somebody has decided what is taken, since.
    std::size_t ruled() const { return good(hub().store().rulings()).size() - before; }

    std::string evidence() {
        auto tpm = box.tpm.open();
        return enroll::write_request(good(node.evidence(tpm, box.wish)));
    }
    hub::Admission judged() { return good(hub().judge_evidence(evidence(), now)); }
    // With nobody there to answer.
    hub::Admission asked() { return good(hub().admit(request(), {}, now)); }
    void extend(unsigned pcr, std::uint32_t type, const std::string& what) {
        box.wish.firmware_log += Measured::event(pcr, type, what);
        box.tpm.tool({"tpm2_pcrextend", std::to_string(pcr) + ":sha256=" + sha256_hex(what)});
    }
    void update_firmware() { extend(0, 8, "firmware 2.0"); }
    void rule(FirmwarePolicy firmware) const { good(hub().store().change({.firmware = firmware}, "Ada", now)); }
    hub::Firmware entry() const { return {.pcrs = {}, .note = "BIOS 2.0", .who = "Ada", .at = now}; }
    std::vector<hub::Past> history() { return good(hub().store().history(sha256_hex(box.ask().ek_public))); }
    std::vector<hub::FirmwareQuestion> questions() const { return good(hub().firmware_questions()); }
    std::size_t before = 0;
    Result<hub::Accepted> accept() const { return hub().accept_firmware(site, name, "Ada", now); }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(at_first_firmware_is_pinned_and_new_tpms_are_asked_about, Admitted) {
    const auto policy = good(hub().store().policy());
    BOOST_TEST((policy.firmware == FirmwarePolicy::Pinned));
    BOOST_TEST(!policy.admit_unknown_tpms);
    BOOST_TEST(ruled() == 0U);
    BOOST_TEST(questions().empty());
}

BOOST_FIXTURE_TEST_CASE(the_same_firmware_and_another_one_under_each_policy, Admitted) {
    for (const auto policy : {FirmwarePolicy::Pinned, FirmwarePolicy::Any}) {
        rule(policy);
        BOOST_TEST(objections(judged()) == "");
        BOOST_TEST(objections(asked()) == "");
    }
    // On a list is what somebody has put there, and nothing else.
    rule(FirmwarePolicy::AllowList);
    BOOST_TEST(objections(judged()).contains("ask firmware: it is on no list"));
    const auto first = good(hub().allow_firmware(site, name, entry()));
    BOOST_TEST(objections(judged()) == "");
    BOOST_TEST(objections(asked()) == "");

    update_firmware();
    BOOST_TEST(objections(judged()).contains("holdfast hub firmware allow north ventilator-7 --by"));
    BOOST_TEST(objections(asked()).contains("holdfast hub firmware allow REQUEST --by"));
    rule(FirmwarePolicy::Pinned);
    BOOST_TEST(objections(judged()).contains("holdfast hub firmware accept north ventilator-7 --by"));
    const auto question = asked();
    BOOST_TEST(objections(question).contains("was it updated? If so, at the authority: holdfast hub admit REQUEST"));
    BOOST_TEST(question.answer == "");
    rule(FirmwarePolicy::Any);
    BOOST_TEST(objections(judged()) == "");

    rule(FirmwarePolicy::AllowList);
    const auto second = good(hub().allow_firmware(site, name, entry()));
    BOOST_TEST(second != first);
    BOOST_TEST(objections(judged()) == "");
    BOOST_TEST(asked().answer != "");
    // It was admitted with that one.
    rule(FirmwarePolicy::Pinned);
    BOOST_TEST(objections(judged()) == "");
    extend(2, 8, "a card's firmware 2.0");
    BOOST_TEST(objections(judged()).contains("ask firmware: it is not the one"));
    rule(FirmwarePolicy::Any);
    BOOST_TEST(asked().answer != "");
}

BOOST_FIXTURE_TEST_CASE(a_question_locks_nobody_out_and_one_word_answers_it, Admitted) {
    BOOST_TEST(!good(accept()).news);
    update_firmware();
    const auto said = judged();
    BOOST_TEST(said.outcome == "attested");
    const auto open = questions();
    BOOST_TEST_REQUIRE(open.size() == 1U);
    BOOST_TEST(open.front().name == name);
    const auto accepted = good(accept());
    BOOST_TEST(accepted.news);
    BOOST_TEST(accepted.digest == open.front().digest);
    BOOST_TEST(questions().empty());
    BOOST_TEST(objections(judged()) == "");
    // It gets its next certificate with nobody asked.
    BOOST_TEST(objections(asked()) == "");
    BOOST_TEST(!good(accept()).news);
    const auto past = history();
    const auto written = std::ranges::find(past, "accepted", &hub::Past::outcome);
    BOOST_REQUIRE(written != past.end());
    BOOST_TEST(written->who == "Ada");
    BOOST_TEST(written->checks.contains(accepted.digest));
    BOOST_TEST(std::ranges::count(past, "accepted", &hub::Past::outcome) == 1);
}

BOOST_FIXTURE_TEST_CASE(what_was_not_trusted_is_not_accepted, Admitted) {
    update_firmware();
    extend(4, 0x80000003, "something else");
    BOOST_TEST(judged().outcome == "untrusted");
    BOOST_TEST((accept().error().code == Code::Denied));
    BOOST_TEST(accept().error().what.contains("holdfast hub show north ventilator-7"));
    BOOST_TEST((hub().allow_firmware(site, name, entry()).error().code == Code::Denied));
    BOOST_TEST(questions().empty());
    BOOST_TEST((hub().accept_firmware(site, "nobody", "Ada", now).error().code == Code::NotFound));
}

BOOST_FIXTURE_TEST_CASE(registers_that_an_older_program_did_not_keep_are_waited_for, Admitted) {
    update_firmware();
    judged();
    auto database = good(sqlite::Database::open(scratch.path() / "hub/hub.db", {}));
    good(database.run("UPDATE judged SET firmware = '{}'"));
    BOOST_TEST((accept().error().code == Code::NotFound));
    BOOST_TEST(accept().error().what.contains("its next will do"));
    judged();
    BOOST_TEST(good(accept()).news);
}

BOOST_FIXTURE_TEST_CASE(the_list_takes_messages_and_forgets, Admitted) {
    rule(FirmwarePolicy::AllowList);
    const auto own = good(hub().allow_firmware(evidence(), entry()));
    BOOST_TEST(objections(judged()) == "");
    update_firmware();
    const std::string request = this->request();
    const auto updated = good(hub().allow_firmware(request, entry()));
    BOOST_TEST(objections(good(hub().admit(request, {}, now))) == "");
    BOOST_TEST(good(hub().allow_firmware(site, name, entry())) == updated);
    const auto listed = good(hub().store().allowed_firmware());
    BOOST_TEST_REQUIRE(listed.size() == 2U);
    BOOST_TEST(own != updated);
    BOOST_TEST(listed[0].note == "BIOS 2.0");
    BOOST_TEST(listed[0].pcrs.size() == 2U);
    good(hub().store().forget_firmware(good(digest_of(updated)), "Eve", now));
    BOOST_TEST(objections(judged()).contains("on no list"));
    BOOST_TEST((hub().store().forget_firmware(good(digest_of(updated)), "Eve", now).error().code == Code::NotFound));
    const auto last = good(hub().store().rulings()).back();
    BOOST_TEST((last.what == "forgotten" && last.who == "Eve" && last.value == updated));
    BOOST_TEST(good(hub().store().allowed_firmware()).size() == 1U);

    auto changed = good(enroll::parse_request(request));
    changed.pcrs[0][0] ^= 1;
    const auto refused = hub().allow_firmware(enroll::write_request(changed), entry());
    BOOST_TEST((refused.error().code == Code::Denied));
    BOOST_TEST((hub().allow_firmware("nonsense", entry()).error().code == Code::Corrupt));
    BOOST_TEST((hub().store().allow(entry()).error().code == Code::Corrupt));
    BOOST_TEST(good(hub().store().allowed_firmware()).size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_new_tpm_is_taken_at_first_use_where_the_policy_says_so, World) {
    box.wish.ticket = good(hub().make_ticket(site, "*", now + 3600, 5)).code;
    BOOST_TEST(objections(good(hub().admit(request(), {}, now))).contains("ask endorsement key: nobody vouches"));
    good(hub().store().change({.admit_unknown_tpms = true}, "Ada", now));
    const auto first = good(hub().admit(request(), {}, now));
    BOOST_TEST(objections(first) == "");
    BOOST_TEST(first.answer != "");
    // Nobody has asked for a box without a ticket, whatever its TPM.
    MeasuredBox other;
    other.wish.name = "ventilator-8";
    BOOST_TEST(objections(good(hub().admit(enroll::write_request(other.ask()), {}, now))).starts_with("ask ticket"));
    // What was taken once is known; what comes later is asked about again.
    good(hub().store().change({.admit_unknown_tpms = false}, "Ada", now));
    BOOST_TEST(objections(good(hub().admit(request(), {}, now))) == "");
    other.wish.ticket = box.wish.ticket;
    BOOST_TEST(
        objections(good(hub().admit(enroll::write_request(other.ask()), {}, now))).starts_with("ask endorsement key"));
}

BOOST_FIXTURE_TEST_CASE(changes_are_whole_or_not_there_and_only_news_is_written, Admitted) {
    const hub::PolicyChange both{.firmware = FirmwarePolicy::Any, .admit_unknown_tpms = true};
    const auto change = [&] { good(hub().store().change(both, "Ada", now)); };
    BOOST_TEST(dying_at("hub.decided", 1, change) == crashed);
    BOOST_TEST(ruled() == 0U);
    BOOST_TEST((good(hub().store().policy()).firmware == FirmwarePolicy::Pinned));
    BOOST_TEST(dying_at("hub.recorded", 1, change) == crashed);
    BOOST_TEST((good(hub().store().policy()).firmware == FirmwarePolicy::Any));
    BOOST_TEST(good(hub().store().policy()).admit_unknown_tpms);
    change();
    BOOST_TEST(ruled() == 2U);
    // A word of a program that is newer than this one.
    auto database = good(sqlite::Database::open(scratch.path() / "hub/hub.db", {}));
    good(database.run("INSERT INTO policy(at, who, what, value) VALUES(0, 'Eve', 'firmware', 'by-vendor')"));
    BOOST_TEST((good(hub().store().policy()).firmware == FirmwarePolicy::Pinned));
}

BOOST_FIXTURE_TEST_CASE(a_kill_while_firmware_is_accepted_costs_nothing, Admitted) {
    update_firmware();
    judged();
    const auto accepts = [&] { good(accept()); };
    BOOST_TEST(dying_at("hub.decided", 1, accepts) == crashed);
    BOOST_TEST(questions().size() == 1U);
    BOOST_TEST(history().back().outcome == "attested");
    BOOST_TEST(dying_at("hub.recorded", 1, accepts) == crashed);
    BOOST_TEST(questions().empty());
    BOOST_TEST(history().back().outcome == "accepted");
    const auto allows = [&] { good(hub().allow_firmware(site, name, entry())); };
    BOOST_TEST(dying_at("hub.decided", 1, allows) == crashed);
    BOOST_TEST(ruled() == 0U);
    allows();
    const auto digest = *enroll::firmware_digest(good(hub().store().allowed_firmware()).front().pcrs);
    const auto forgets = [&] { good(hub().store().forget_firmware(digest, "Ada", now)); };
    BOOST_TEST(dying_at("hub.decided", 1, forgets) == crashed);
    BOOST_TEST(good(hub().store().allowed_firmware()).size() == 1U);
    forgets();
    BOOST_TEST(ruled() == 2U);
}

BOOST_FIXTURE_TEST_CASE(the_same_by_words, Admitted) {
    const auto words = [&](Arguments more) {
        const Arguments head{(build_folder() / "daemon/programs/holdfast-hub").string(), "--state",
                             (scratch.path() / "hub").string()};
        more.insert(more.begin(), head.begin(), head.end());
        return good(run(more));
    };
    const auto told = [&](const Arguments& more) { return good(json::parse(words(more).output, 65'536)); };
    BOOST_TEST(told({"policy", "--json"}).at("firmware") == "pinned");
    BOOST_TEST(words({"policy", "--firmware", "any"}).exit == 64);
    BOOST_TEST(words({"policy", "--firmware", "any", "--by", ""}).exit == 64);
    BOOST_TEST(words({"policy", "--firmware", "some", "--by", "ada"}).exit == 64);
    BOOST_TEST(words({"policy", "--unknown-tpm", "some", "--by", "ada"}).exit == 64);
    BOOST_TEST(told({"policy", "--json"}).at("changes").size() == before);

    BOOST_TEST(words({"list"}).output.contains(", no evidence since"));
    box.wish.running.commit = std::string(64, 'd');
    judged();
    BOOST_TEST(words({"list"}).output.contains(", UNTRUSTED since 20"));
    BOOST_TEST(told({"list", "--json"}).at("boxes").at(0).at("judged").at("outcome") == "untrusted");
    box.wish.running.commit = std::string(64, 'c');

    update_firmware();
    const auto file = (scratch.path() / "evidence").string();
    good(write_whole(file, evidence()));
    const auto said = words({"judge", file});
    BOOST_TEST(said.exit == 0);
    BOOST_TEST(said.output.contains("?  ventilator-7 at north: firmware: it is not the one"), said.output);
    const auto asks = words({"firmware", "list"}).output;
    BOOST_TEST(asks.contains(" firmware accept north ventilator-7 --by YOUR-NAME"), asks);
    BOOST_TEST(words({"firmware", "accept", site, name}).exit == 64);
    BOOST_TEST(words({"firmware", "accept", site, name, "--by", "ada"}).output.contains("from now on"));
    BOOST_TEST(words({"firmware", "list"}).output.starts_with("none is on the list"));

    const auto changed =
        told({"policy", "--firmware", "allow-list", "--unknown-tpm", "admit", "--by", "ada", "--json"});
    BOOST_TEST(changed.at("firmware") == "allow-list");
    BOOST_TEST(changed.at("unknown_tpm") == "admit");
    BOOST_TEST(changed.at("changes").at(before).at("who") == "ada");
    BOOST_TEST(told({"firmware", "list", "--json"}).at("questions").size() == 1U);
    const std::string digest = told({"firmware", "allow", site, name, "--note", "BIOS 2.0", "--by", "ada", "--json"})
                                   .at("firmware")
                                   .get<std::string>();
    // Its note stays where none is given.
    BOOST_TEST(words({"firmware", "allow", file, "--by", "ada"}).output.contains(digest + " is on the list: BIOS 2.0"));
    const auto listed = told({"firmware", "list", "--json"});
    BOOST_TEST(listed.at("questions").empty());
    BOOST_TEST(listed.at("allowed").at(0).at("firmware") == digest);
    const auto early = words({"firmware", "accept", site, name, "--by", "ada"});
    BOOST_TEST(early.errors.contains("counts under the policy 'pinned'; now it is 'allow-list'"), early.errors);
    BOOST_TEST(listed.at("allowed").at(0).at("note") == "BIOS 2.0");
    BOOST_TEST(words({"firmware", "forget", digest.substr(0, 5), "--by", "ada"}).exit == 65);
    BOOST_TEST(words({"firmware", "forget", digest.substr(0, 6), "--by", "ada"}).output.contains(digest));
    BOOST_TEST(words({"firmware", "forget", digest, "--by", "ada"}).exit == 66);
    BOOST_TEST(words({"firmware", "forget", "zz", "--by", "ada"}).exit == 65);
    BOOST_TEST(words({"firmware", "allow", "/nowhere", "--by", "ada"}).exit == 66);
}
