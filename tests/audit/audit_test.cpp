// What people do on a box is on record before it is done, with who, why and outcome; and for whom the record can be
// proved.
#include "sync/site.hpp"

#include <csignal>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

using namespace holdfast;
using namespace holdfast::test;

namespace {

Json deeds(const Box& box, Arguments more = {}) {
    more.insert(more.begin(), {"show", "--json"});
    return Json::parse(Box::ok(box.program("audit", more)));
}

// "verb state", in the order in which they were begun.
std::vector<std::string> short_words(const Json& all) {
    std::vector<std::string> words;
    for (const auto& each : all)
        words.push_back(each.at("verb").get<std::string>() + " " + each.at("state").get<std::string>());
    return words;
}

void check_words(const Box& box, const std::vector<std::string>& wanted) {
    const auto words = short_words(deeds(box));
    BOOST_TEST(words == wanted, boost::test_tools::per_element());
}

void put_settings(const Box& box, const std::string& text) {
    put(box.root() / "etc/holdfast/audit.yaml", text);
}

// Another file system over a folder, with what was in it; this process's alone.
class Mounted {
public:
    Mounted(const fs::path& folder, const std::string& options) : folder_(folder) {
        BOOST_REQUIRE(::unshare(CLONE_NEWNS) == 0);
        BOOST_REQUIRE(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0);
        const auto aside = folder.string() + ".aside";
        good(run_or_fail({"cp", "-a", folder.string(), aside}));
        // What feeds set aside would fill it.
        fs::remove(aside + "/feeds.db.reserve");
        BOOST_REQUIRE(::mount("none", folder.c_str(), "tmpfs", 0, options.c_str()) == 0);
        good(run_or_fail({"cp", "-a", aside + "/.", folder.string()}));
    }
    Mounted(const Mounted&) = delete;
    Mounted& operator=(const Mounted&) = delete;
    ~Mounted() { ::umount2(folder_.c_str(), MNT_DETACH); }
    void read_only(bool is) const {
        BOOST_REQUIRE(
            ::mount("none", folder_.c_str(), "tmpfs", MS_REMOUNT | (is ? std::uint64_t{MS_RDONLY} : 0U), nullptr) == 0);
    }
    void fill() const {
        struct statvfs found{};
        BOOST_REQUIRE(::statvfs(folder_.c_str(), &found) == 0);
        good(run_or_fail(
            {"fallocate", "-l", std::to_string(found.f_bavail * found.f_frsize), (folder_ / "filler").string()}));
    }
    void free() const { fs::remove(folder_ / "filler"); }

private:
    fs::path folder_;
};

// A box whose feeds lie on one file system, and all else that it keeps on others.
struct Apart {
    Site site;
    Box box{site, "one"};
    Mounted feeds{box.root() / "var/lib/holdfast", "size=4M"};
    Mounted identity{box.root() / "var/lib/holdfast/identity", "size=4M"};

    Finished renew() const {
        return box.program("identity", {"renew", "--out", (site.stick / "next.request").string()}, true);
    }
    bool renewed() const { return fs::exists(site.stick / "next.request"); }
    void check_refused(const std::string& because) const {
        const auto refused = renew();
        BOOST_TEST(refused.exit != 0);
        BOOST_TEST(refused.errors.contains("identity.renew was not done: it has to be on record here"), refused.errors);
        BOOST_TEST(refused.errors.contains(because), refused.errors);
        BOOST_TEST(refused.errors.contains("Next: "), refused.errors);
        BOOST_TEST(!renewed());
        BOOST_TEST(!fs::exists(box.root() / "var/lib/holdfast/identity/request"));
    }
    void check_goes_on() const {
        put_settings(box, "required: false\n");
        const auto done = renew();
        BOOST_TEST(done.exit == 0, done.errors);
        BOOST_TEST(done.errors.contains("warning: identity.renew is not on record"), done.errors);
        BOOST_TEST(renewed());
    }
};

Finished prove(const Site& site, const fs::path& file) {
    return good(run({(build_folder() / "daemon/programs/holdfast-verify").string(), "--root",
                     (site.hub / "root.pem").string(), file.string()}));
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_deed_is_there_with_its_outcome_also_of_before_the_box_had_a_number) {
    const Site site;
    const Box box(site, "one");
    box.apply("pump", "moves water");
    Box::ok(
        box.program("catalog", {"apply", (site.stick / "catalog-info.yaml").string(), "--why", "so that it is found"}));
    put(site.stick / "other.yaml",
        "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: x, namespace: south}\n"
        "spec: {type: service, lifecycle: production, owner: team}\n");
    BOOST_TEST(box.program("catalog", {"apply", (site.stick / "other.yaml").string()}).exit == 77);
    Box::ok(box.program("catalog", {"delete", "pump"}));
    const auto written = box.sync({"export", site.stick.string()});
    Box::ok(box.program("sync", {"import", written.at("files").at(0).get<std::string>()}, true));
    BOOST_TEST(box.program("sync", {"import", (site.stick / "none").string()}, true).exit == 66);
    Box::ok(box.program("identity", {"renew", "--out", (site.stick / "next.request").string()}, true));
    check_words(box, {"enroll.request done", "enroll.import done", "catalog.apply done", "catalog.apply done",
                      "catalog.apply refused", "catalog.delete done", "sync.export done", "sync.import done",
                      "sync.import failed", "identity.renew done"});
    const auto all = deeds(box);
    for (const auto& each : all) {
        BOOST_TEST(each.at("node") == "spiffe://clinic.example/site/north/box/one");
        BOOST_TEST(each.at("program").get<std::string>().starts_with("holdfast-"));
        BOOST_TEST(each.at("who").at("uid") == ::getuid());
        BOOST_TEST(each.at("boot").get<std::string>().size() == 36U);
        BOOST_TEST(each.at("ended").at("uptime") >= each.at("uptime"));
        BOOST_TEST(each.at("ended").at("at") >= each.at("at"));
    }
    BOOST_TEST(all[0].at("before_admission") == true);
    BOOST_TEST(all[1].at("before_admission") == true);
    BOOST_TEST(all[2].at("before_admission") == false);
    BOOST_TEST(all[0].at("on") == "'one' at 'north'");
    BOOST_TEST(all[3].at("why") == "so that it is found");
    BOOST_TEST(all[3].at("on") == "Component:pump");
    BOOST_TEST(all[4].at("ended").at("code") == "denied");
    BOOST_TEST(all[4].at("ended").at("what").get<std::string>().contains("this box writes what is in the namespace"));
    BOOST_TEST(short_words(deeds(box, {"--what", "sync", "--since", "1h"})).size() == 3U);
    BOOST_TEST(short_words(deeds(box, {"--who", "nobody of that name"})).empty());
    const auto people = Box::ok(box.program("audit", {"show", "--what", "enroll"}));
    BOOST_TEST(people.contains("from before it was admitted"), people);
    const auto verified = Box::ok(box.program("audit", {"verify"}));
    BOOST_TEST(verified.contains("site/north/box/one  whole and signed"), verified);
    BOOST_TEST(!verified.contains("without an outcome"), verified);
}

BOOST_AUTO_TEST_CASE(what_was_exported_proves_itself_and_not_one_byte_else) {
    const Site site;
    const Box box(site, "one");
    box.apply("pump", "moves water");
    const auto file = site.stick / "audit.holdfast-batch";
    Box::ok(box.program("audit", {"export", file.string(), "--why", "the inspector wants it"}, true));
    const auto proved = prove(site, file);
    BOOST_TEST(proved.exit == 0, proved.errors);
    BOOST_TEST(proved.output.contains("site/north/box/one  audit  records 0 to "), proved.output);
    BOOST_TEST(proved.output.contains("all of it is signed, chained and without a gap"), proved.output);
    BOOST_TEST(!proved.output.contains("catalog"), proved.output);
    auto bytes = good(read_whole(file));
    for (const auto at : {bytes.size() / 4, bytes.size() / 2, bytes.size() - 10}) {
        auto other = bytes;
        other[at] = static_cast<char>(other[at] ^ 1);
        put(file, other);
        BOOST_TEST(prove(site, file).exit == 1, "byte " << at);
    }
    // Into a folder by its own name, and as tables.
    Box::ok(box.program("audit", {"export", site.stick.string()}, true));
    const auto table = site.stick / "deeds.csv";
    Box::ok(box.program("audit", {"export", "--csv", table.string(), "--what", "catalog"}));
    const auto csv = good(read_whole(table));
    BOOST_TEST(csv.contains("catalog.apply,Component:pump,"), csv);
    const auto printed = Json::parse(Box::ok(box.program("audit", {"export", "--json", "-"})));
    BOOST_TEST(printed.size() == 7U);
    BOOST_TEST(printed[6].at("verb") == "audit.export");
    BOOST_TEST(printed[6].at("state") == "open");
}

BOOST_AUTO_TEST_CASE(a_full_store_refuses_what_has_to_be_on_record) {
    const Apart apart;
    apart.feeds.fill();
    apart.check_refused("make room on /var");
    apart.check_goes_on();
    apart.feeds.free();
    fs::remove(apart.site.stick / "next.request");
    put_settings(apart.box, "required: true\n");
    BOOST_TEST(apart.renew().exit == 0);
    check_words(apart.box, {"enroll.request done", "enroll.import done", "identity.renew done"});
}

BOOST_AUTO_TEST_CASE(a_store_that_is_read_only_refuses_what_has_to_be_on_record) {
    const Apart apart;
    apart.feeds.read_only(true);
    apart.check_refused("feeds.db");
    apart.check_goes_on();
}

BOOST_AUTO_TEST_CASE(a_damaged_store_refuses_what_has_to_be_on_record) {
    const Apart apart;
    put(apart.box.root() / "var/lib/holdfast/feeds.db", std::string(100'000, 'x'));
    apart.check_refused("feeds.db");
    apart.check_goes_on();
}

BOOST_AUTO_TEST_CASE(who_gives_no_reason_where_one_is_wanted_is_refused_and_that_is_on_record) {
    const Site site;
    const Box box(site, "one");
    put_settings(box, "reasons: [catalog.*]\n");
    put(site.stick / "pump.yaml",
        "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: pump}\n"
        "spec: {type: service, lifecycle: production, owner: team}\n");
    const auto refused = box.program("catalog", {"apply", (site.stick / "pump.yaml").string()});
    BOOST_TEST(refused.exit == 77);
    BOOST_TEST(refused.errors.contains("catalog.apply wants a reason here"), refused.errors);
    BOOST_TEST(!Box::ok(box.program("catalog", {"list"})).contains("pump"));
    Box::ok(box.program("catalog", {"apply", (site.stick / "pump.yaml").string(), "--why", "a new pump"}));
    BOOST_TEST(Box::ok(box.program("catalog", {"list"})).contains("pump"));
    BOOST_TEST(box.program("catalog", {"delete", "pump", "--why", "two\nlines"}).exit == 64);
    check_words(box, {"enroll.request done", "enroll.import done", "catalog.apply refused", "catalog.apply done"});
}

BOOST_AUTO_TEST_CASE(a_deed_that_is_killed_stays_without_an_outcome) {
    const Site site;
    const Box box(site, "one");
    const auto pipe = site.stick / "pipe";
    BOOST_REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    auto child = good(Child::spawn({(build_folder() / "daemon/programs/holdfast-sync").string(), "import",
                                    pipe.string(), "--root", box.root().string()}));
    // Comes back when the other end is open: the deed is begun by then, and nothing has come yet.
    const int end = ::open(pipe.c_str(), O_WRONLY | O_CLOEXEC);
    BOOST_REQUIRE(end >= 0);
    BOOST_REQUIRE(::kill(child.pid(), SIGKILL) == 0);
    BOOST_TEST(child.wait(std::chrono::seconds(60)).value_or(0) == 128 + SIGKILL);
    ::close(end);
    check_words(box, {"enroll.request done", "enroll.import done", "sync.import open"});
    const auto verified = Box::ok(box.program("audit", {"verify"}));
    BOOST_TEST(verified.contains("without an outcome: "), verified);
    const auto told = Json::parse(Box::ok(box.program("audit", {"verify", "--json"})));
    BOOST_TEST(told.at(0).at("without_outcome").size() == 1U);
    // What comes after it is as whole as before.
    box.apply("pump", "moves water");
    check_words(box, {"enroll.request done", "enroll.import done", "sync.import open", "catalog.apply done"});
}

BOOST_AUTO_TEST_CASE(what_an_authority_decides_is_on_record_in_its_folder) {
    const Site site;
    const Box box(site, "one");
    const auto hub = [&](Arguments words) {
        words.insert(words.begin(), (build_folder() / "daemon/programs/holdfast-hub").string());
        words.insert(words.end(), {"--state", site.hub.string()});
        return good(run(words));
    };
    const auto made = hub({"ticket", "create", "--site", "north", "--by", "ada", "--json"});
    BOOST_REQUIRE_MESSAGE(made.exit == 0, made.errors);
    const auto code = Json::parse(made.output).at("code").get<std::string>();
    BOOST_TEST(hub({"quarantine", "north", "one", "--why", "it leaks", "--by", "ada"}).exit == 0);
    BOOST_TEST(hub({"quarantine", "north", "nobody", "--why", "it leaks", "--by", "ada"}).exit == 66);
    BOOST_TEST(hub({"policy"}).exit == 0);
    BOOST_TEST(hub({"policy", "--unknown-tpm", "admit", "--by", "ada"}).exit == 0);
    BOOST_TEST(hub({"list"}).exit == 0);
    const auto shown = good(run(
        {(build_folder() / "daemon/programs/holdfast-audit").string(), "show", "--json", "--root", site.hub.string()}));
    BOOST_REQUIRE_MESSAGE(shown.exit == 0, shown.errors);
    const auto all = Json::parse(shown.output);
    const std::vector<std::string> wanted{"hub.ticket.create done", "hub.quarantine done", "hub.quarantine failed",
                                          "hub.policy done"};
    BOOST_TEST(short_words(all) == wanted, boost::test_tools::per_element());
    BOOST_TEST(all[1].at("on") == "north one");
    BOOST_TEST(all[1].at("why") == "it leaks");
    BOOST_TEST(all[1].at("who").at("said") == "ada");
    BOOST_TEST(!shown.output.contains(code));
}
