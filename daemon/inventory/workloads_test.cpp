#include "inventory/workloads.hpp"

#include "base/file.hpp"
#include "base/good.hpp"
#include "base/scratch.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast;
using namespace holdfast::inventory;
using test::good;
namespace fs = std::filesystem;

namespace {

struct Root {
    Scratch scratch = good(Scratch::make("workloads"));
    void put(const std::string& file, const std::string& text = {}) const {
        good(make_directories((scratch.path() / file).parent_path()));
        good(write_whole(scratch.path() / file, text));
    }
    std::vector<Workload> seen() const { return workloads(scratch.path()); }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(what_runs_here_is_found_where_it_is_told, Root) {
    put("etc/containers/systemd/pump.container", "[Container]\n Image = no\nImage=registry.example/pump:1.2\n");
    put("usr/share/containers/systemd/pump.container", "[Container]\nImage=registry.example/pump:1.0\n");
    put("usr/share/containers/systemd/well.kube", "[Kube]\nYaml=well.yaml\n");
    put("usr/share/containers/systemd/data.volume");
    put("etc/microshift/manifests/kustomization.yaml");
    put("etc/microshift/manifests/scada.yaml");
    put("var/lib/rancher/k3s/server/manifests/web/deployment.yaml");
    put("etc/systemd/system/legacy@.service", "[Service]\n");
    put("usr/lib/systemd/system/sshd.service", "[Service]\n");
    fs::create_symlink("/usr/lib/systemd/system/sshd.service", scratch.path() / "etc/systemd/system/ssh.service");
    const std::vector<Workload> wanted{
        {"legacy", "unit", "/etc/systemd/system/legacy@.service", ""},
        {"pump", "container", "/etc/containers/systemd/pump.container", "registry.example/pump:1.2"},
        {"scada", "manifest", "/etc/microshift/manifests/scada.yaml", ""},
        {"web", "manifest", "/var/lib/rancher/k3s/server/manifests/web", ""},
        {"well", "kube", "/usr/share/containers/systemd/well.kube", ""}};
    BOOST_TEST((seen() == wanted));
}

BOOST_FIXTURE_TEST_CASE(names_that_no_entity_has_are_mended, Root) {
    put("etc/containers/systemd/.hidden pump!.container");
    put("etc/containers/systemd/---.container");
    const auto all = seen();
    BOOST_REQUIRE(all.size() == 1U);
    BOOST_TEST(all[0].name == "hidden-pump");
}

BOOST_AUTO_TEST_CASE(a_root_without_anything) {
    BOOST_TEST(workloads("/nowhere").empty());
}
