// holdfast enroll and holdfast identity as a person at a box uses them, with files and a software TPM.
#include "base/process.hpp"
#include "box_files.hpp"
#include "enroll/kept_fixture.hpp"
#include "offered.hpp"
#include "small_hub.hpp"

#include <boost/test/unit_test.hpp>
#include <ctime>
#include <map>

using namespace holdfast;
namespace fs = std::filesystem;

namespace {

struct Place {
    Scratch scratch = Scratch::make("box").value();
    fs::path root = scratch.path() / "box", stick = scratch.path() / "stick";
    std::string tcti = "device:/dev/no-such-tpm";

    Place() { good(make_directories(stick)); }
    Finished program(const std::string& which, Arguments words) const {
        words.insert(words.begin(), (build_folder() / "daemon/programs" / which).string());
        words.insert(words.end(), {"--root", root.string(), "--tpm", tcti});
        return good(run(words, {.directory = stick}));
    }
    Finished enroll(const Arguments& words) const { return program("holdfast-enroll", words); }
    Finished identity(const Arguments& words) const { return program("holdfast-identity", words); }
};

struct Newcomer : Place {
    MeasuredBox box;
    std::string fingerprint;

    Newcomer() {
        tcti = box.tpm.tcti();
        put_files(box, root);
        fingerprint = make_hub(scratch.path() / "hub", std::time(nullptr) - 86'400).fingerprint();
    }
    std::string asked(const std::string& name) const { return good(read_whole(stick / name)); }
    // The answer to what lies on the stick, beside it.
    std::string answer(const std::string& name) const {
        auto hub = good(hub::Authority::open(scratch.path() / "hub"));
        const auto admission = good(hub.admit(asked(name), {.name = "ada"}, std::time(nullptr)));
        BOOST_REQUIRE(!admission.answer.empty());
        put(stick / "the.answer", admission.answer);
        return (stick / "the.answer").string();
    }
    std::string number() const { return sha256_hex(box.ask().ek_public); }
};

struct Admitted : Newcomer {
    Admitted() {
        ok(enroll({"request", "--site", "north", "--name", "pump-3"}));
        ok(enroll({"import", answer("pump-3.request"), "--authority", fingerprint}));
    }
    static void ok(const Finished& done) { BOOST_REQUIRE_MESSAGE(done.exit == 0, done.errors); }
};

void told(const Finished& done, int exit, const std::string& words) {
    BOOST_TEST(done.exit == exit, done.errors);
    BOOST_TEST(done.errors.contains(words), done.errors);
}

std::string help(const std::string& which, Arguments words) {
    words.insert(words.begin(), (build_folder() / "daemon/programs" / which).string());
    words.emplace_back("--help");
    return good(run(words)).output;
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(without_a_tpm_it_is_69, Place) {
    told(enroll({"request", "--name", "pump-3"}), 69, "there is none, or it cannot be opened");
    const auto shown = enroll({"show"});
    told(shown, 66, "has not been admitted anywhere");
    BOOST_TEST(shown.output.contains("endorsement unknown: TPM (device:/dev/no-such-tpm)"), shown.output);
}

BOOST_FIXTURE_TEST_CASE(whom_to_join_is_asked_for_by_what_is_missing, Place) {
    told(enroll({"join", "--name", "pump-3"}), 66, "whom to join, nobody has said");
    told(enroll({"join", "https://hub.example:8443", "--name", "pump-3"}), 66,
         "the fingerprint of the authority at https://hub.example:8443 is missing");
    told(enroll({"join", "--authority", std::string(16, 'a')}), 66, "where the authority is, nobody has said");
}

BOOST_FIXTURE_TEST_CASE(a_box_without_a_name_is_not_called_localhost, Place) {
    const Arguments apart{"unshare", "--user", "--map-root-user", "--uts", "--", "sh", "-c"};
    const auto as_localhost = [&](const std::string& command) {
        auto words = apart;
        words.push_back("hostname localhost && " + command);
        return good(run(words, {.directory = stick}));
    };
    BOOST_REQUIRE(as_localhost("true").exit == 0);
    const auto request = (build_folder() / "daemon/programs/holdfast-enroll").string() + " request --tpm " + tcti +
                         " --root " + root.string();
    told(as_localhost(request), 66, "this box has no name yet ('localhost'); give one with --name");
    told(as_localhost(request + " --name pump-3"), 69, "TPM");
}

BOOST_FIXTURE_TEST_CASE(what_waits_is_told_and_what_replaces_it_says_so, Newcomer) {
    auto shown = Json::parse(enroll({"show", "--json"}).output);
    BOOST_TEST(shown.at("endorsement") == number());
    BOOST_TEST(shown.at("waiting").is_null());
    BOOST_TEST(enroll({"request", "--site", "north", "--name", "pump-3"}).errors == "");
    const auto file = (stick / "pump-3.request").string();
    const auto waits = "which went to " + file + ", waits for its answer; with that: holdfast enroll import FILE";
    told(enroll({"show"}), 66, waits);
    told(identity({"show"}), 66, waits);
    shown = Json::parse(enroll({"show", "--json"}).output);
    BOOST_TEST(shown.at("waiting").at("name") == "pump-3");
    BOOST_TEST(shown.at("waiting").at("place") == file);
    BOOST_TEST(enroll({"show"}).output.contains("for 'pump-3' at 'north', which went to " + file));
    const auto first = answer("pump-3.request");
    told(enroll({"request", "--site", "north", "--name", "pump-4", "--qr"}), 0,
         "which went to " + file + ", is of no use any more: only the answer to this new one");
    told(enroll({"import", first, "--authority", fingerprint}), 77, first + ": this is the answer to another request");
    BOOST_TEST(enroll({"show"}).output.contains("went to somebody as QR codes"));
}

BOOST_FIXTURE_TEST_CASE(a_request_that_cannot_be_written_replaces_none, Newcomer) {
    BOOST_REQUIRE(enroll({"request", "--site", "north", "--name", "pump-3"}).exit == 0);
    const auto first = answer("pump-3.request");
    const auto failed = enroll({"request", "--site", "north", "--name", "pump-4", "--out", "no-such/pump-4.request"});
    told(failed, 66, (stick / "no-such/pump-4.request").string());
    told(failed, 66, "which went to " + (stick / "pump-3.request").string() + ", still waits for its answer");
    BOOST_TEST(!failed.errors.contains("of no use any more"), failed.errors);
    const auto done = enroll({"import", first, "--authority", fingerprint});
    BOOST_TEST(done.exit == 0, done.errors);
}

BOOST_FIXTURE_TEST_CASE(an_answer_where_nothing_was_asked_says_how_to_begin, Newcomer) {
    BOOST_REQUIRE(enroll({"request", "--site", "north", "--name", "pump-3"}).exit == 0);
    const auto file = answer("pump-3.request");
    fs::remove(root / enroll::node_folder / "request");
    told(enroll({"import", file}), 66, "nothing was asked here; begin with: holdfast enroll request");
}

BOOST_FIXTURE_TEST_CASE(a_wrong_authority_and_none_are_told_apart, Newcomer) {
    BOOST_REQUIRE(enroll({"request", "--site", "north", "--name", "pump-3"}).exit == 0);
    const auto file = answer("pump-3.request");
    told(enroll({"import", file}), 77, "nobody has said yet whether that is the right one");
    told(enroll({"import", file, "--authority", std::string(16, 'a')}), 77,
         "which is not the one that was named, " + std::string(16, 'a'));
    told(enroll({"import", file, "--authority", fingerprint.substr(0, 8)}), 77, "is too short");
    told(enroll({"import", (stick / "pump-3.request").string()}), 65,
         (stick / "pump-3.request").string() + ": this is a request");
    told(enroll({"import", (stick / "none").string()}), 66, (stick / "none").string());
    put(stick / "cut.answer", good(read_whole(file)).substr(0, 100));
    for (const auto& wrong : {(stick / "cut.answer").string(), std::string("/etc/passwd")})
        told(enroll({"import", wrong}), 65, wrong + ": this is no answer of an authority, or a damaged one (");
    BOOST_TEST(enroll({"import", file, "--authority", fingerprint.substr(0, 16)}).exit == 0);
}

BOOST_FIXTURE_TEST_CASE(a_renewal_by_files_needs_no_word_on_who_the_authority_is, Admitted) {
    ok(identity({"renew", "--out", stick.string()}));
    const auto file = answer("pump-3.request");
    told(enroll({"import", file, "--authority", std::string(64, 'a')}), 77, "which is not the one that was named");
    BOOST_TEST(identity({"show"}).output.contains("waiting     the request of "));
    ok(enroll({"import", file}));
    BOOST_TEST(!identity({"show"}).output.contains("waiting"));
    told(enroll({"import", file}), 66,
         "this box is admitted already, as 'pump-3' at 'north', so nothing is to be done");
}

BOOST_FIXTURE_TEST_CASE(another_authority_s_answer_to_a_known_box_is_refused, Admitted) {
    ok(identity({"renew"}));
    auto other = make_hub(scratch.path() / "other", std::time(nullptr) - 86'400);
    const auto admission = good(other.admit(asked("pump-3.request"), {.name = "bob"}, std::time(nullptr)));
    put(stick / "other.answer", admission.answer);
    const auto file = (stick / "other.answer").string();
    told(enroll({"import", file}), 77, "this box is of the one with " + fingerprint);
    ok(enroll({"import", file, "--authority", other.fingerprint()}));
}

BOOST_FIXTURE_TEST_CASE(a_known_box_asks_for_its_present_name, Admitted) {
    ok(enroll({"request", "--out", "again.request"}));
    const auto again = good(enroll::parse_request(asked("again.request")));
    BOOST_TEST(again.site == "north");
    BOOST_TEST(again.name == "pump-3");
    ok(enroll({"request", "--name", "pump-4", "--out", "again.request"}));
    BOOST_TEST(good(enroll::parse_request(asked("again.request"))).name == "pump-4");
    BOOST_TEST(good(enroll::parse_request(asked("again.request"))).site == "north");
}

BOOST_FIXTURE_TEST_CASE(a_request_is_written_over_nothing_but_a_request, Newcomer) {
    put(stick / "notes", "mine");
    told(enroll({"request", "--name", "pump-3", "--out", "notes"}), 77,
         (stick / "notes").string() + " is there already");
    BOOST_TEST(asked("notes") == "mine");
    BOOST_TEST(!fs::exists(root / enroll::node_folder / "request"));
    good(make_directories(stick / "folder"));
    for (int i = 0; i < 2; ++i) {
        const auto done = enroll({"request", "--name", "pump-3", "--out", "folder"});
        BOOST_TEST(done.exit == 0, done.errors);
        BOOST_TEST(done.output.starts_with((stick / "folder/pump-3.request").string() + " ("), done.output);
    }
}

BOOST_FIXTURE_TEST_CASE(each_step_to_an_authority_of_its_own_is_the_true_one, Admitted) {
    const Arguments issue{"svid", "issue", "--workload", "alarms", "--out", "alarms"};
    told(identity(issue), 66, "write 'authority: true' into /etc/holdfast/identity.yaml");
    put(root / "usr/lib/holdfast/identity.yaml", "authority: true\n");
    told(identity(issue), 66, "holdfast identity renew asks, and a person at the authority has to say yes");
    ok(identity({"renew"}));
    told(identity(issue), 66, "asks for one and waits for its answer; with that: holdfast enroll import FILE");
    ok(enroll({"import", answer("pump-3.request")}));
    ok(identity(issue));
    const auto verified = identity({"svid", "verify", "alarms/svid.pem", "--json"});
    BOOST_TEST(Json::parse(verified.output).at("standing") == "good");
}

BOOST_FIXTURE_TEST_CASE(a_box_whose_certificate_was_taken_back_says_so_and_nothing_else, Place) {
    const enroll::KeptBox kept(root, std::time(nullptr) - enroll::KeptBox::day);
    BOOST_TEST(Json::parse(identity({"show", "--json"}).output).at("standing") == "good");
    kept.list(1, identity::Withdrawal::Revoked);
    const auto shown = Json::parse(identity({"show", "--json"}).output);
    BOOST_TEST(shown.at("standing") == "revoked");
    BOOST_TEST(shown.at("box") == "revoked");
    BOOST_TEST(shown.at("term") == "good");
    const auto words = identity({"show"}).output;
    BOOST_TEST(words.contains("\nREVOKED  by the authority since "), words);
    BOOST_TEST(!words.contains("get certificates here"), words);
}

BOOST_FIXTURE_TEST_CASE(a_known_box_shows_its_endorsement_key_s_number, Admitted) {
    BOOST_TEST(Json::parse(identity({"show", "--json"}).output).at("endorsement") == number());
    BOOST_TEST(enroll({"show"}).output.contains("endorsement " + number() + "\n"));
    tcti = "device:/dev/no-such-tpm";
    BOOST_TEST(enroll({"show"}).output.contains("endorsement " + number() + "\n"), "without its TPM, too");
}

BOOST_FIXTURE_TEST_CASE(wrong_words_are_told_under_the_verb_that_they_were_given_to, Place) {
    told(enroll({"request", "--nmae", "pump-3"}), 64, "holdfast-enroll request: The following arguments were not");
    const Arguments unnamed{"svid", "issue", "--out", "alarms"};
    told(identity(unnamed), 64,
         "holdfast-identity svid issue: --workload is required\nMore with: holdfast-identity svid issue --help\n");
    BOOST_TEST(!identity(unnamed).errors.contains("Run with --help"));
    told(identity({"svdi"}), 64, "holdfast-identity: there is no verb 'svdi'; did you mean 'svid'?");
}

BOOST_AUTO_TEST_CASE(the_help_of_each_verb_has_the_options_of_all) {
    for (const auto& words : {help("holdfast-enroll", {"show"}), help("holdfast-identity", {"svid", "issue"}),
                              help("holdfast-storage", {"show"})})
        for (const auto* option : {"--json", "--tpm", "Options of all verbs"})
            BOOST_TEST(words.contains(option), words);
}

BOOST_AUTO_TEST_CASE(the_help_of_each_verb_has_its_own_examples_and_the_exit_codes) {
    const std::map<std::string, Arguments> verbs{{"holdfast enroll", {"request", "join", "import", "show"}},
                                                 {"holdfast identity", {"show", "attest", "report", "heed", "renew"}},
                                                 {"holdfast storage", {"show", "seal", "pin", "unlock", "why"}}};
    for (const auto& [program, all] : verbs)
        for (const auto& verb : all) {
            auto file = program;
            file[file.find(' ')] = '-';
            const auto words = help(file, {verb});
            const auto examples = words.substr(words.find("Examples:\n"));
            for (const auto& other : all)
                BOOST_TEST(examples.contains("\n  " + program + " " + other) == (other == verb), words);
            BOOST_TEST(examples.contains("Exit codes: 0 done"), words);
            BOOST_TEST(examples.contains("64 wrong words"), words);
        }
    BOOST_TEST(help("holdfast-identity", {"svid"}).contains("svid verify /run/peer/svid.pem\n\nExit"));
    BOOST_TEST(help("holdfast-storage", {}).contains("holdfast storage seal --newest\n"));
}

BOOST_AUTO_TEST_CASE(a_disk_that_is_not_sealed_is_told_so_by_each_verb) {
    for (const auto* verb : {"seal", "unlock", "why", "pin"}) {
        const auto program = (build_folder() / "daemon/programs/holdfast-storage").string();
        const auto done = good(run({program, verb, "--device", "/dev/no-such-disk"}));
        told(done, 66, "(there is no /dev/no-such-disk)");
    }
}

BOOST_AUTO_TEST_CASE(completion_offers_each_verb_its_own_words) {
    BOOST_TEST(offered("holdfast storage show --") == " --json --tpm --help ");
    BOOST_TEST(offered("holdfast identity renew --if-due --") == " --if-due --line --out --json --tpm --help ");
    BOOST_TEST(offered("holdfast enroll show --json --") == " --json --tpm --help ");
    BOOST_TEST(offered("holdfast hub renew --").contains("--root-key"));
}
