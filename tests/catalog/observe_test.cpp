// What a box says of itself in its catalog: with the program as its timer starts it, and the devices of this computer.
#include "inventory/devices.hpp"
#include "sync/site.hpp"

using namespace holdfast;
using namespace holdfast::test;

namespace {

struct Place {
    Site site;
    Box box{site, "one"};

    Place() {
        for (const auto* folder : {"class/net", "class/tpm", "block"}) {
            good(make_directories((box.root() / "sys" / folder).parent_path()));
            fs::create_directory_symlink(fs::path("/sys") / folder, box.root() / "sys" / folder);
        }
    }
    Json observe() const { return Json::parse(Box::ok(box.program("catalog", {"observe", "--json"}))); }
    Json list(const std::string& filter) const {
        return Json::parse(Box::ok(box.program("catalog", {"list", filter, "--json"})));
    }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_box_its_devices_and_its_workloads_are_in_its_catalog, Place) {
    const auto devices = inventory::devices("/sys");
    put(box.root() / "etc/containers/systemd/pump.container", "[Container]\nImage=registry.example/pump:1.2\n");
    BOOST_TEST(observe().size() == devices.size() + 3);
    const auto self = list("spec.type=holdfast-box");
    BOOST_REQUIRE(self.size() == 1U);
    const auto& annotations = self[0].at("metadata").at("annotations");
    BOOST_TEST(self[0].at("metadata").at("name") == "one");
    BOOST_TEST(annotations.at("holdfast.org/board") == "generic-x86-64");
    BOOST_TEST(annotations.at("holdfast.org/version") == "1.0.0");
    BOOST_TEST(annotations.at("holdfast.org/slot") == "a");
    BOOST_TEST(list("kind=resource,spec.type=device,relations.dependencyOf=resource:north/one").size() ==
               devices.size());
    const auto workloads = list("kind=component,spec.type=service,relations.dependsOn=resource:north/one");
    BOOST_REQUIRE(workloads.size() == 1U);
    BOOST_TEST(workloads[0].at("metadata").at("name") == "one-pump");
    BOOST_TEST(Box::ok(box.program("catalog", {"observe"})) == "nothing has changed\n");

    // Only what has changed, and what is gone goes.
    put(box.root() / "etc/containers/systemd/pump.container", "[Container]\nImage=registry.example/pump:1.3\n");
    BOOST_TEST(observe().size() == 1U);
    fs::remove(box.root() / "etc/containers/systemd/pump.container");
    BOOST_TEST(observe().size() == 1U);
    BOOST_TEST(list("kind=component").empty());
    BOOST_TEST(list("kind=resource").size() == devices.size() + 1);
    const auto deeds = Json::parse(Box::ok(box.program("audit", {"show", "--json", "--what", "catalog.observe"})));
    BOOST_TEST(deeds.size() == 3U);
}

BOOST_AUTO_TEST_CASE(a_box_without_a_name_says_why_it_writes_nothing) {
    const Site site;
    const auto root = site.scratch.path() / "alone";
    good(make_directories(root / "var/lib/holdfast"));
    const auto done =
        good(run({(build_folder() / "daemon/programs/holdfast-catalog").string(), "observe", "--root", root.string()}));
    BOOST_TEST(done.exit == 66);
    BOOST_TEST(done.errors.contains("has not been admitted anywhere"), done.errors);
}
