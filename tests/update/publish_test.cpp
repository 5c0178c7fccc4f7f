// What a factory publishes: for whom there are bundles, what other ostree clients find, and that it can be served.
#include "base/http.hpp"
#include "box.hpp"
#include "net/listening.hpp"

using namespace holdfast;
using namespace holdfast::test;

namespace {

struct World : Factory {
    publish::Published release(const std::string& version, unsigned time, unsigned deltas, bool full = true) const {
        return good(publish::publish({image(version, time), test_ref, repository, deltas, full}, keys));
    }
    std::vector<std::string> bundles() const {
        std::vector<std::string> found;
        for (const auto& each : fs::recursive_directory_iterator(repository / "bundles"))
            if (each.is_regular_file()) found.push_back(fs::relative(each.path(), repository));
        std::ranges::sort(found);
        return found;
    }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(there_are_bundles_from_the_last_releases_and_no_others, World) {
    std::vector<std::string> commits;
    for (unsigned i = 0; i < 4; ++i)
        commits.push_back(release("1.0." + std::to_string(i), 1000 * (i + 1), 2).release.commit);
    std::vector<std::string> expected{content::bundle_path(commits[3], ""),
                                      content::bundle_path(commits[3], commits[1]),
                                      content::bundle_path(commits[3], commits[2])};
    std::ranges::sort(expected);
    BOOST_TEST(bundles() == expected, boost::test_tools::per_element());
    const auto known = good(publish::releases(repository, test_ref));
    BOOST_REQUIRE(known.size() == 4U);
    for (unsigned i = 0; i < 4; ++i) BOOST_TEST(known[i].commit == commits[i]);
}

BOOST_FIXTURE_TEST_CASE(the_same_release_again_changes_nothing, World) {
    release("1.0.0", 1000, 3);
    release("1.0.1", 2000, 3);
    const auto before = bundles();
    BOOST_TEST(before.size() == 2U);
    const auto made = fs::last_write_time(repository / before.front());
    good(publish::publish({scratch / "image-1.0.1", test_ref, repository, 3}, keys));
    BOOST_TEST(bundles() == before, boost::test_tools::per_element());
    BOOST_TEST((fs::last_write_time(repository / before.front()) == made));
}

BOOST_FIXTURE_TEST_CASE(boxes_without_an_older_release_may_be_left_out, World) {
    release("1.0.0", 1000, 3);
    const auto second = release("1.0.1", 2000, 3, false);
    BOOST_REQUIRE(second.bundles.size() == 1U);
    BOOST_TEST(second.bundles.front().string().contains(".bundle"));
    BOOST_TEST(bundles().size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(an_older_release_is_not_published_over_a_newer_one, World) {
    release("1.0.1", 2000, 3);
    const auto older = publish::publish({image("1.0.0", 1000), test_ref, repository, 3}, keys);
    BOOST_TEST(refusal(older).contains("newer than 1.0.0"));
    BOOST_TEST(good(publish::releases(repository, test_ref)).size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(every_ostree_client_finds_a_signed_summary, World) {
    release("1.0.0", 1000, 3);
    const auto second = release("1.0.1", 2000, 3);
    const fs::path client = scratch / "client";
    need({"ostree", "--repo=" + client.string(), "init", "--mode=archive"});
    need({"ostree", "--repo=" + client.string(), "remote", "add", "--set=gpg-verify=true",
          "--set=gpg-verify-summary=true", "--gpg-import=" + keys.keyring().string(), "factory",
          "file://" + repository.string()});
    need({"ostree", "--repo=" + client.string(), "pull", "factory", test_ref});
    BOOST_TEST(good(content::resolve(client, std::string("factory:") + test_ref)) == second.release.commit);
    // One byte of it changed is a summary that nobody signed.
    std::string bytes = good(read_whole(repository / "summary"));
    bytes[bytes.size() / 2] ^= 1;
    good(write_whole(repository / "summary", bytes));
    BOOST_TEST(good(run({"ostree", "--repo=" + client.string(), "pull", "factory", test_ref})).exit != 0);
}

BOOST_FIXTURE_TEST_CASE(serve_gives_whole_files_and_parts_of_them, World) {
    const auto published = release("1.0.0", 1000, 3);
    const Listening socket;
    const auto server = good(Child::spawn({"env", "NGINX=" + std::to_string(socket.number()) + ";", HOLDFAST_IMAGE_TOOL,
                                           "serve", repository.string(), "--listen", socket.place()},
                                          {socket.number()}, scratch / "serve.log"));
    const std::string url = "http://" + socket.place() + "/" + published.bundles.front().string();
    const std::string bytes = good(read_whole(repository / published.bundles.front()));
    std::string came;
    http::Client client;
    const auto head = good(client.fetch({.url = url, .from = 1000, .to = 5000}, [&](const http::Head&, auto piece) {
        came.append(piece.begin(), piece.end());
        return Result<>();
    }));
    BOOST_TEST(head.status == 206);
    BOOST_TEST((came == bytes.substr(1000, 4000)));
}

BOOST_FIXTURE_TEST_CASE(serve_refuses_what_nobody_published, World) {
    fs::create_directories(scratch / "pictures");
    const auto ended = good(run({HOLDFAST_IMAGE_TOOL, "serve", (scratch / "pictures").string()}));
    BOOST_TEST(ended.exit != 0);
    BOOST_TEST(ended.errors.contains("is no published repository; make one with 'publish --repository'"));
}

BOOST_FIXTURE_TEST_CASE(serve_says_where_it_cannot_listen, World) {
    release("1.0.0", 1000, 3);
    const auto ended_at = [&](const std::string& place) {
        return good(run({HOLDFAST_IMAGE_TOOL, "serve", repository.string(), "--listen", place}));
    };
    BOOST_TEST(ended_at("8080").errors.contains("write ADDRESS:PORT"));
    BOOST_TEST(ended_at("127.0.0.1:99999").errors.contains("write ADDRESS:PORT"));
    const Listening taken;
    const auto ended = ended_at(taken.place());
    BOOST_TEST(ended.exit == 75);
    BOOST_TEST(ended.errors.contains("cannot listen at " + taken.place()), ended.errors);
    BOOST_TEST(!ended.errors.contains("serving"), ended.errors);
}

BOOST_FIXTURE_TEST_CASE(no_folder_with_other_files_becomes_a_repository, World) {
    put(scratch / "pictures/1.txt", "mine");
    const auto refused = publish::publish({image("1.0.0", 1000), test_ref, scratch / "pictures", 3}, keys);
    BOOST_TEST(refusal(refused).contains("holds other files and is no repository"));
    BOOST_TEST(std::distance(fs::directory_iterator(scratch / "pictures"), fs::directory_iterator()) == 1);
}

BOOST_FIXTURE_TEST_CASE(what_others_signed_is_not_published_and_leaves_nothing, World) {
    const Factory other;
    const auto refused = publish::publish({other.image("1.0.0", 1000), test_ref, repository, 3}, keys);
    BOOST_TEST(refusal(refused).contains("--keys DIR"), refusal(refused));
    BOOST_TEST(!fs::exists(repository));
}
