// holdfast hub …, by its words: what it tells, what it refuses, and what a shell offers.
#include "base/process.hpp"
#include "hub/waiting.hpp"
#include "offered.hpp"
#include "world.hpp"

using namespace holdfast;
namespace fs = std::filesystem;

namespace {

// With no box, whose TPM takes its time.
struct Words {
    Scratch scratch = Scratch::make("words").value();
    Words() { make_hub(scratch.path() / "hub", now); }
    fs::path file(const std::string& name) const { return scratch.path() / name; }
    Finished words(Arguments more) const {
        const Arguments head{(build_folder() / "daemon/programs/holdfast-hub").string(), "--state",
                             file("hub").string()};
        more.insert(more.begin(), head.begin(), head.end());
        return good(run(more));
    }
    Json told(Arguments more) const {
        more.emplace_back("--json");
        const auto done = words(more);
        BOOST_TEST_REQUIRE(done.exit == 0, done.errors);
        return good(json::parse(done.output, 65'536));
    }
    void refused(const Arguments& more, int exit, const std::string& why) const {
        const auto done = words(more);
        BOOST_TEST(done.exit == exit, done.output + done.errors);
        BOOST_TEST((done.output + done.errors).contains(why), done.output + done.errors);
    }
};

struct Asked : Words {
    MeasuredBox box;
    std::string asked(const std::string& name) const {
        good(write_whole(file(name), enroll::write_request(box.ask())));
        return file(name).string();
    }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_revoked_box_is_shown_and_refused, Asked) {
    const auto request = asked("box.request");
    BOOST_TEST(words({"admit", request, "--by", "ada"}).exit == 0);
    refused({"revoke", "north", "ventilator-7", "--by", "ada"}, 64, "--why");
    refused({"revoke", "north", "ventilator-7", "--why", "stolen", "--by", "YOUR-NAME"}, 64, "your own name");
    const auto free = words({"free", "north", "ventilator-7", "--by", "ada"});
    BOOST_TEST(free.output == "ventilator-7 at north is not in quarantine\nnothing was changed\n");
    const auto revoked = words({"revoke", "north", "ventilator-7", "--why", "it was stolen", "--by", "ada"});
    BOOST_TEST(revoked.output.contains("crl --out /mnt/holdfast.crl"), revoked.output);
    BOOST_TEST(revoked.output.contains("holdfast identity heed"), revoked.output);
    refused({"show", "north", "ventilator-7"}, 0, "ventilator-7 at north is revoked on ");
    BOOST_TEST(told({"show", "north", "ventilator-7"}).at("decisions").size() == 2U);
    refused({"revoke", "north", "ventilator-7", "--why", "again", "--by", "bo"}, 77, "by ada: it was stolen");
    fs::remove(file("box.answer"));
    refused({"admit", request}, 77, "NO standing");
    BOOST_TEST(!fs::exists(file("box.answer")));
    refused({"show", "north", "nobody"}, 66, "there is and was no box 'nobody'");
}

BOOST_FIXTURE_TEST_CASE(the_list_tells_who_waits_and_who_was_refused, Asked) {
    BOOST_TEST(words({"list"}).output == "no box has been admitted yet\n");
    const auto request = asked("box.request");
    BOOST_TEST(words({"admit", request}).exit == 3);
    const auto waits = words({"list"}).output;
    BOOST_TEST(waits.contains("north            ventilator-7             waits        since 20"), waits);
    BOOST_TEST(waits.contains("    ticket: the box has none, so a person has to know it\n"), waits);
    BOOST_TEST(waits.contains(" admit REQUEST --by YOUR-NAME\n"), waits);
    // Where it came over a line, the command is whole.
    const auto kept = hub::Waiting(file("hub")).file(good(sha256_file(request)));
    good(make_directories(kept.parent_path()));
    fs::copy_file(request, kept);
    BOOST_TEST(words({"list"}).output.contains(" admit " + kept.string() + " --by YOUR-NAME\n"));
    BOOST_TEST(told({"list"}).at("waiting").at(0).at("file") == kept.string());
    BOOST_TEST(words({"admit", kept.string(), "--by", "ada"}).exit == 0);
    BOOST_TEST(told({"list"}).at("waiting").empty());
    BOOST_TEST(told({"list"}).at("boxes").at(0).at("judged").is_null());
    BOOST_TEST(words({"list"}).output.contains(", no evidence since\n"));
    // One that was revoked has to be wanted back.
    BOOST_TEST(words({"revoke", "north", "ventilator-7", "--why", "stolen", "--by", "ada"}).exit == 0);
    BOOST_TEST(words({"admit", asked("later.request")}).exit == 3);
    BOOST_TEST(words({"list"}).output.contains(" admit REQUEST --bring-back --by YOUR-NAME\n"));
    box.wish.running.commit = std::string(64, 'd');
    BOOST_TEST(words({"admit", asked("other.request")}).exit == 77);
    BOOST_TEST(words({"list"}).output.contains("1 request(s) refused: holdfast hub --state "));
    BOOST_TEST(words({"list", "--refused"}).output.contains("    release: it says that it runs commit dddd"));
    BOOST_TEST(told({"list"}).at("refused").at(0).at("name") == "ventilator-7");
}

BOOST_FIXTURE_TEST_CASE(a_question_names_the_whole_command_that_answers_it, Asked) {
    const auto request = asked("a box.request");
    refused({"admit", request, "--name", "pump-1"}, 3,
            "holdfast hub --state " + file("hub").string() + " admit '" + request + "' --name pump-1 --by YOUR-NAME");
}

BOOST_FIXTURE_TEST_CASE(what_all_verbs_take_is_none_of_what_one_has_to_choose, Words) {
    const auto made = good(run({(build_folder() / "daemon/programs/holdfast-hub").string(), "init", "--trust-domain",
                                "clinic.example", "--json", "--state", file("another").string()}));
    BOOST_TEST(made.exit == 0, made.errors);
    BOOST_TEST(good(json::parse(made.output, 4096)).contains("authority"), made.output);
}

BOOST_FIXTURE_TEST_CASE(a_wrong_file_is_named, Words) {
    const auto wrong = file("wrong").string();
    good(write_whole(wrong, "nonsense"));
    for (const Arguments& each :
         {Arguments{"admit", wrong}, Arguments{"judge", wrong},
          Arguments{"trust", "--by", "ada", "--manufacturer", wrong},
          Arguments{"firmware", "allow", wrong, "--by", "ada"}, Arguments{"renew", "--root-key", wrong},
          Arguments{"renew", "--intermediate", wrong}, Arguments{"sign-intermediate", wrong}})
        refused(each, 65, wrong);
    fs::create_directories(file("image-1"));
    good(write_whole(file("image-1/image-1.json"), "{\"ref\":\"r\",\"commit\":\"c\"}"));
    good(write_whole(file("image-1/image-1.measurements.json"), "{}"));
    refused({"release", "add", file("image-1").string()}, 65, "image-1.measurements.json: ");
    good(write_whole(file("image-1/image-1.json"), "{}"));
    refused({"release", "add", file("image-1").string()}, 65, "image-1.json: ");
}

BOOST_FIXTURE_TEST_CASE(a_release_has_the_measurements_that_its_image_lists_and_no_other, Words) {
    fs::create_directories(file("image-2.0"));
    const std::string papers = R"({"ref":"r","commit":")" + std::string(64, 'e') + "\"}";
    const auto put_image = [&](const std::string& measured) {
        good(write_whole(file("image-2.0/image-2.0.json"), papers));
        good(write_whole(file("image-2.0/image-2.0.measurements.json"), measured));
    };
    const Arguments add{"release", "add", file("image-2.0").string(), "--by", "ada"};
    put_image(measurements());
    refused(add, 0, "no SHA256SUMS lies beside them");
    good(write_whole(file("image-2.0/SHA256SUMS"), sha256_hex(papers) + "  image-2.0.json\n" +
                                                       sha256_hex(measurements()) + "  image-2.0.measurements.json\n"));
    BOOST_TEST(told({"release", "add", file("image-2.0").string(), "--by", "ada"}).at("listed") == true);
    BOOST_TEST(told({"release", "list"}).at("releases").back().at("measurements") == sha256_hex(measurements()));
    put_image(measurements() + "\n");
    refused(add, 65, "image-2.0.measurements.json is not the one that SHA256SUMS beside it tells");
    fs::remove(file("image-2.0/SHA256SUMS"));
    refused(add, 77, "is known with other measurements");
}

BOOST_FIXTURE_TEST_CASE(an_authority_that_was_begun_says_what_it_waits_for, Words) {
    const auto hub = [&](Arguments more) {
        more.insert(more.begin(),
                    {(build_folder() / "daemon/programs/holdfast-hub").string(), "--state", file("begun").string()});
        return good(run(more));
    };
    BOOST_TEST(hub({"init", "--trust-domain", "clinic.example", "--root-request", file("request").string()}).exit == 0);
    const auto list = hub({"list"});
    BOOST_TEST(list.exit == 66);
    BOOST_TEST(list.errors.contains("init --intermediate FILE"), list.errors);
    const auto again = hub({"init", "--trust-domain", "clinic.example"});
    BOOST_TEST(again.exit == 77);
    BOOST_TEST(again.errors.contains("nothing was changed"), again.errors);
    BOOST_TEST(!fs::exists(file("begun/root.key")));
}

BOOST_FIXTURE_TEST_CASE(what_is_written_down_is_one_line_of_text, Words) {
    for (const auto* word : {"", " ", "x\ny", "\x1b[31mred",
                             "\xc2\x9b"
                             "31m",
                             "\xff"})
        refused({"ticket", "create", "--site", "north", "--by", word}, 64, "--by");
    refused({"ticket", "create", "--site", "north", "--by", std::string(501, 'x')}, 64, "--by");
    BOOST_TEST(words({"ticket", "create", "--site", "north", "--by", "Ada Ünal"}).exit == 0);
}

BOOST_FIXTURE_TEST_CASE(files_of_another_kind_are_not_written_over, Asked) {
    const auto list = file("list").string();
    good(write_whole(list, "my notes"));
    refused({"crl", "--out", list}, 77, list + " is there already");
    BOOST_TEST(good(read_whole(list)) == "my notes");
    BOOST_TEST(words({"crl", "--out", list, "--force"}).exit == 0);
    // A list takes a list's place.
    refused({"crl", "--out", list}, 0, "clocks of boxes differ");
    refused({"escrow", "--out", list}, 77, "is there already");
    const auto key = file("hub/authority.key").string();
    refused({"admit", asked("box.request"), "--by", "ada", "--out", key}, 77, "is there already");
    auto authority = good(hub::Authority::open(file("hub")));
    BOOST_TEST(good(authority.store().boxes()).empty());
    refused({"init", "--trust-domain", "clinic.example"}, 77, "holds an authority already");
}

BOOST_FIXTURE_TEST_CASE(a_list_goes_to_a_pipe, Words) {
    const auto piped = words({"crl", "--out", "-"});
    BOOST_TEST(piped.output.starts_with("-----BEGIN X509 CRL-----"), piped.output);
    BOOST_TEST(piped.output.ends_with("-----END X509 CRL-----\n"), piped.output);
    BOOST_TEST(piped.errors.contains("list "), piped.errors);
}

BOOST_FIXTURE_TEST_CASE(tickets_are_listed_and_revoked, Words) {
    const auto made = told({"ticket", "create", "--site", "north", "--names", "pump-*", "--uses", "3", "--by", "ada"});
    const auto id = made.at("id").get<std::string>(), code = made.at("code").get<std::string>();
    const auto listed = words({"ticket", "list"}).output;
    BOOST_TEST(listed.starts_with(id + "  north"), listed);
    BOOST_TEST(listed.contains("3 of 3 left, good until "), listed);
    BOOST_TEST(listed.contains("made by ada"), listed);
    BOOST_TEST(!listed.contains(code), listed);
    refused({"ticket", "revoke", id, "--by", "ada"}, 64, "--why");
    refused({"ticket", "revoke", "000000", "--why", "lost", "--by", "ada"}, 66, "holdfast hub ticket list");
    refused({"ticket", "revoke", id.substr(0, 6), "--why", "lost", "--by", "ada"}, 0, "is revoked;");
    refused({"ticket", "revoke", code, "--why", "lost", "--by", "ada"}, 0, "is revoked already");
    BOOST_TEST(told({"ticket", "list"}).at("tickets").at(0).at("state") == "revoked");
    BOOST_TEST(words({"policy"}).output.contains("ticket-revoked " + id + ", by ada: lost"));
}

BOOST_FIXTURE_TEST_CASE(what_is_trusted_is_told_listed_and_forgotten, Words) {
    const auto roots = file("hub/root.pem").string();
    refused({"trust", "--manufacturer", roots}, 64, "--by");
    const auto taken = words({"trust", "--manufacturer", roots, "--by", "ada"}).output;
    BOOST_TEST(taken.starts_with("manufacturer  "), taken);
    BOOST_TEST(taken.contains("clinic.example"), taken);
    BOOST_TEST(taken.contains("is trusted\n"), taken);
    refused({"trust", "--manufacturer", roots, "--by", "ada"}, 0, "was trusted already");
    const auto all = told({"trust", "list"}).at("trusted");
    BOOST_TEST(all == told({"trust"}).at("trusted"));
    BOOST_TEST_REQUIRE(all.size() == 4U);
    const Json& key = all.at(0);  // manufacturers come first
    BOOST_TEST(key.at("kind") == "manufacturer");
    const auto digest = key.at("digest").get<std::string>();
    BOOST_TEST(key.at("who") == "ada");
    refused({"trust", "forget", digest.substr(0, 8)}, 64, "--by");
    refused({"trust", "forget", digest.substr(0, 8), "--by", "bo", "--why", "a trial"}, 0, "is trusted no more");
    refused({"trust", "forget", digest.substr(0, 8), "--by", "bo"}, 66, "holdfast hub trust list");
    BOOST_TEST(words({"policy"}).output.contains("distrusted manufacturer " + digest + ", by bo: a trial"));
    refused({"release", "revoke", "cccccc"}, 64, "--by");
    refused({"release", "revoke", "ccccc", "--by", "ada"}, 65, "its first 6");
    refused({"release", "revoke", "cccccc", "--why", "a hole", "--by", "ada"}, 0, "is revoked: no box");
    refused({"release", "revoke", "cccccc", "--by", "ada"}, 0, "is revoked already");
    BOOST_TEST(words({"policy"}).output.contains("release-revoked " + std::string(64, 'c') + ", by ada: a hole"));
}

BOOST_FIXTURE_TEST_CASE(help_is_of_the_verb, Words) {
    const auto help = words({"crl", "--help"}).output;
    BOOST_TEST(help.contains("--json"), help);
    BOOST_TEST(help.contains("  holdfast hub crl --out /mnt/holdfast.crl\n"), help);
    BOOST_TEST(!help.contains("hub init"), help);
    BOOST_TEST(words({"ticket", "--help"}).output.contains("holdfast hub ticket revoke"));
    BOOST_TEST(!words({"list", "--help"}).output.contains("hub ticket list"));
    BOOST_TEST(words({"--help"}).output.contains("holdfast hub init --trust-domain"));
    // Before a verb as well as behind it.
    BOOST_TEST(words({"--json", "ticket", "list"}).output == words({"ticket", "list", "--json"}).output);
}

BOOST_AUTO_TEST_CASE(a_shell_offers_what_the_verb_takes) {
    for (const auto& [line, word, other] :
         {std::tuple{"holdfast hub trust --", "--manufacturer", "--bus"},
          std::tuple{"holdfast hub trust --", "--keys", "--ticket"}, std::tuple{"holdfast hub trust l", "list", "--by"},
          std::tuple{"holdfast hub trust forget --", "--by", "--keys"},
          std::tuple{"holdfast hub judge --", "--json", "--bus"},
          std::tuple{"holdfast hub admit --", "--site", "--authority"},
          std::tuple{"holdfast hub admit --by ada --", "--force", "--line"},
          std::tuple{"holdfast hub show ''", "", "status"},
          std::tuple{"holdfast hub show north x --", "--json", "--by"},
          std::tuple{"holdfast hub revoke north x --", "--why", "--note"},
          std::tuple{"holdfast hub ticket ''", "revoke", "admit"},
          std::tuple{"holdfast hub ticket revoke 1 --", "--why", "--site"},
          std::tuple{"holdfast hub ticket create --", "--site", "--why"},
          std::tuple{"holdfast hub release revoke --", "--by", "--site"},
          std::tuple{"holdfast hub policy --firmware ''", "allow-list", "list"},
          std::tuple{"holdfast hub --state /tmp cr", "crl", "create"},
          std::tuple{"holdfast hub ''", "sign-intermediate", "status"},
          std::tuple{"holdfast enroll ''", "request", "admit"}, std::tuple{"holdfast ''", "hub", "init"}}) {
        const auto words = offered(line);
        BOOST_TEST_CONTEXT(line << " offers" << words) {
            BOOST_TEST(words.contains(" " + std::string(word)));
            BOOST_TEST(!words.contains(" " + std::string(other) + " "));
        }
    }
}
