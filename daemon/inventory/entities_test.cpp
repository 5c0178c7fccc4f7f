#include "inventory/entities.hpp"

#include "catalog/validate.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast;
using namespace holdfast::inventory;

namespace {

const Observed some{{"pump-3", "north", {{"board", "generic-x86-64"}, {"slot", "a"}}, {{"board", "generic-x86-64"}}},
                    {{"tpm0", "tpm", {{"version", "2"}}}},
                    {{"well", "container", "/etc/containers/systemd/well.container", "registry.example/well:1"}}};

}  // namespace

BOOST_AUTO_TEST_CASE(a_box_its_devices_and_what_it_runs_are_entities) {
    const auto all = entities_of(some);
    BOOST_REQUIRE(all.size() == 3U);
    for (const auto& each : all) {
        BOOST_TEST(catalog::objections(each).empty());
        BOOST_TEST(each.at("metadata").at("namespace") == "north");
        BOOST_TEST(each.at("metadata").at("annotations").at(observed_by) == "pump-3");
    }
    BOOST_TEST(all[0].at("kind") == "Resource");
    BOOST_TEST(all[0].at("metadata").at("name") == "pump-3");
    BOOST_TEST(all[0].at("spec").at("type") == "holdfast-box");
    BOOST_TEST(all[0].at("metadata").at("labels").at("holdfast.org/board") == "generic-x86-64");
    BOOST_TEST(all[1].at("metadata").at("name") == "pump-3-tpm0");
    BOOST_TEST(all[1].at("spec").at("type") == "device");
    BOOST_TEST((all[1].at("spec").at("dependencyOf") == Json::array({"resource:north/pump-3"})));
    BOOST_TEST(all[2].at("kind") == "Component");
    BOOST_TEST(all[2].at("spec").at("type") == "service");
    BOOST_TEST((all[2].at("spec").at("dependsOn") == Json::array({"resource:north/pump-3"})));
    BOOST_TEST(all[2].at("metadata").at("annotations").at("holdfast.org/image") == "registry.example/well:1");
}

BOOST_AUTO_TEST_CASE(long_names_stay_apart) {
    Observed many = some;
    many.box.name = std::string(50, 'b');
    many.workloads = {{std::string(40, 'w') + "1", "unit", "/x", ""}, {std::string(40, 'w') + "2", "unit", "/y", ""}};
    const auto all = entities_of(many);
    BOOST_TEST(all[2].at("metadata").at("name") != all[3].at("metadata").at("name"));
    for (const auto& each : all) BOOST_TEST(catalog::objections(each).empty());
}

BOOST_AUTO_TEST_CASE(what_people_have_written_stays) {
    const auto wanted = entities_of(some)[2];
    Json there = wanted;
    there["metadata"]["title"] = "The well's pump";
    there["metadata"]["annotations"]["site.example/rack"] = "7";
    there["metadata"]["annotations"]["holdfast.org/image"] = "registry.example/well:0";
    there["metadata"]["annotations"]["holdfast.org/gone"] = "yes";
    there["spec"]["owner"] = "group:north/water";
    there["spec"]["lifecycle"] = "experimental";
    there["spec"]["dependsOn"] = Json::array({"resource:north/tank"});
    const auto now = laid_over(wanted, there);
    BOOST_TEST(now.at("metadata").at("title") == "The well's pump");
    BOOST_TEST(now.at("metadata").at("annotations").at("site.example/rack") == "7");
    BOOST_TEST(now.at("metadata").at("annotations").at("holdfast.org/image") == "registry.example/well:1");
    BOOST_TEST(!now.at("metadata").at("annotations").contains("holdfast.org/gone"));
    BOOST_TEST(now.at("spec").at("owner") == "group:north/water");
    BOOST_TEST(now.at("spec").at("lifecycle") == "experimental");
    BOOST_TEST((now.at("spec").at("dependsOn") == Json::array({"resource:north/tank", "resource:north/pump-3"})));
    BOOST_TEST(laid_over(wanted, now) == now);
    BOOST_TEST(laid_over(wanted, Json()) == wanted);
    // Whatever stands there by somebody's mistake.
    Json wrong = wanted;
    wrong["metadata"]["annotations"] = "none";
    wrong["spec"] = 7;
    BOOST_TEST(catalog::objections(laid_over(wanted, wrong)).empty());
}
