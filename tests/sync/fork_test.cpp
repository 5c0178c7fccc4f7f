// A box whose disk was copied, and both started: one key signs two histories. Whoever sees both keeps both, says so,
// and takes nothing more from that node; an authority takes its certificates back, until a person has looked.
#include "enroll/served_hub.hpp"
#include "sync/fleet.hpp"

using namespace holdfast;
using namespace holdfast::test;
namespace fs = std::filesystem;

namespace {

struct Copied {
    Scratch scratch = good(Scratch::make("fork"));
    fs::path hub = scratch.path() / "hub", stick = scratch.path() / "stick", other = scratch.path() / "copy";
    std::string fingerprint = make_hub(hub, std::time(nullptr) - 86'400).fingerprint();
    FleetBox one{scratch.path(), "one", hub, fingerprint, ""}, two{scratch.path(), "two", hub, fingerprint, ""};

    Copied() {
        good(make_directories(stick));
        write(one.root(), "before");
        fs::copy(one.root(), other, fs::copy_options::recursive | fs::copy_options::copy_symlinks);
        write(one.root(), "here");
        write(other, "there");
    }
    // The same computer's programs, on either disk.
    Finished on(const fs::path& root, const std::string& which, Arguments words, bool tpm = true) const {
        auto command = one.command(which, std::move(words), tpm);
        for (auto& each : command)
            if (each == one.root().string()) each = root.string();
        return one.run_there(command);
    }
    void write(const fs::path& root, const std::string& name) const {
        const auto file = scratch.path() / "catalog-info.yaml";
        put(file, "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: " + name +
                      "}\nspec: {type: service, lifecycle: production, owner: team}\n");
        done_well(on(root, "catalog", {"apply", file.string()}, false));
    }
    Json state_of_one(const std::string& list) const {
        const Json all = Json::parse(list).at("nodes");
        for (const auto& each : all)
            if (each.at("node").get<std::string>().ends_with("/one")) return each;
        return {};
    }
    std::string on_hub(Arguments words) const {
        words.insert(words.begin(), {program_path("hub"), "--state", hub.string()});
        return done_well(good(run(words)));
    }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(who_gets_both_on_a_stick_keeps_both_says_so_and_hears_it_no_more, Copied) {
    done_well(on(one.root(), "sync", {"export", stick.string(), "--all"}));
    const auto first = two.with_tpm("sync", {"import", stick.string()});
    BOOST_TEST(first.exit == 0, first.errors);
    for (const auto& each : fs::directory_iterator(stick)) fs::remove(each);
    done_well(on(other, "sync", {"export", stick.string(), "--all"}));
    const auto second = two.with_tpm("sync", {"import", stick.string()});
    BOOST_TEST(second.exit == 77);
    BOOST_TEST(second.errors.contains("its node has signed two histories; both are kept"), second.errors);
    const auto told = state_of_one(done_well(two.with_tpm("sync", {"status", "--json"})));
    BOOST_TEST(told.at("forked") == true);
    BOOST_TEST(told.at("quarantine").get<std::string>().contains("two histories"));
    const auto verified = two.without("feed", {"verify"});
    BOOST_TEST(verified.exit == 1);
    BOOST_TEST(verified.output.contains("its node has signed two histories"), verified.output);
    // What stood first stands, and what it says from now on is kept out.
    write(one.root(), "later");
    done_well(on(one.root(), "sync", {"export", stick.string(), "--all"}));
    const auto third = two.with_tpm("sync", {"import", stick.string()});
    BOOST_TEST(third.exit == 77);
    BOOST_TEST(third.errors.contains("is in quarantine here"), third.errors);
    const auto names = done_well(two.without("catalog", {"list"}));
    BOOST_TEST(names.contains("here"));
    BOOST_TEST(!names.contains("there"));
    BOOST_TEST(!names.contains("later"));
    // Both histories are proof for whoever looks at the files alone.
    Arguments prove{program_path("verify"), "--root", (hub / "root.pem").string()};
    for (const auto& each : fs::directory_iterator(stick)) prove.push_back(each.path().string());
    const auto proof = good(run(prove));
    BOOST_TEST(proof.exit != 0);
    BOOST_TEST((proof.output + proof.errors).contains("two histories"), proof.output + proof.errors);
    // A person has looked: the copy is destroyed.
    done_well(two.with_tpm("sync", {"release", "north/one", "--why", "the copy is destroyed"}));
    BOOST_TEST(two.with_tpm("sync", {"import", stick.string()}).exit == 77);  // the other history lies there, too
    done_well(two.with_tpm("sync", {"release", "north/one", "--why", "the stick was old"}));
    for (const auto& each : fs::directory_iterator(stick)) fs::remove(each);
    done_well(on(one.root(), "sync", {"export", stick.string(), "--all"}));
    done_well(two.with_tpm("sync", {"import", stick.string()}));
    BOOST_TEST(done_well(two.without("catalog", {"list"})).contains("later"));
}

BOOST_FIXTURE_TEST_CASE(an_authority_that_gets_both_takes_its_certificates_back, Copied) {
    const ServedHub served(hub);
    done_well(on(one.root(), "sync", {"now", served.url}));
    // The copy is as far, with another history.
    const auto first = on(other, "sync", {"now", served.url});
    BOOST_TEST(first.exit != 0);
    BOOST_TEST(first.errors.contains("quarantine"), first.errors);
    const auto again = on(other, "sync", {"now", served.url});
    BOOST_TEST(again.exit != 0);
    BOOST_TEST(again.errors.contains("quarantine"), again.errors);
    BOOST_TEST(on_hub({"list"}).contains("quarantine"));
    const auto nodes = on_hub({"nodes"});
    BOOST_TEST(nodes.contains("QUARANTINE: its feed"), nodes);
    BOOST_TEST(on(one.root(), "sync", {"now", served.url}).exit != 0);
    // Others are heard as before, and a person ends it.
    done_well(two.with_tpm("sync", {"now", served.url}));
    on_hub({"free", "north", "one", "--by", "ada"});
    done_well(on(one.root(), "sync", {"now", served.url}));
    BOOST_TEST(on_hub({"nodes"}).contains("last heard 0 minutes ago"));
}
