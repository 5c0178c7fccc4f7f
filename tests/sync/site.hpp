// An authority, a stick, and boxes that it has admitted, each with a software TPM: with the programs as people use
// them.
#pragma once

#include "base/file.hpp"
#include "base/process.hpp"
#include "enroll/box_files.hpp"
#include "enroll/kept_fixture.hpp"
#include "enroll/small_hub.hpp"
#include "places.hpp"

#include <boost/test/unit_test.hpp>
#include <ctime>

namespace holdfast::test {

namespace fs = std::filesystem;

struct Site {
    Scratch scratch = good(Scratch::make("stick"));
    fs::path stick = scratch.path() / "stick", hub = scratch.path() / "hub";
    std::string fingerprint = make_hub(hub, std::time(nullptr) - 86'400).fingerprint();
    Site() { good(make_directories(stick)); }
};

class Box {
public:
    Box(const Site& site, const std::string& name) : site_(site), root_(site.scratch.path() / name) {
        put_files(box_, root_);
        good(make_directories(root_ / "var/lib/holdfast"));
        ok(program("enroll", {"request", "--site", "north", "--name", name}, true));
        const auto request = good(read_whole(site.stick / (name + ".request")));
        auto authority = good(hub::Authority::open(site.hub));
        put(site.stick / "the.answer", good(authority.admit(request, {.name = "ada"}, std::time(nullptr))).answer);
        ok(program("enroll", {"import", (site.stick / "the.answer").string(), "--authority", site.fingerprint}, true));
    }
    Finished program(const std::string& which, Arguments words, bool tpm = false) const {
        words.insert(words.begin(), (build_folder() / "daemon/programs" / ("holdfast-" + which)).string());
        words.insert(words.end(), {"--root", root_.string()});
        if (tpm) words.insert(words.end(), {"--tpm", box_.tpm.tcti()});
        return good(run(words, {.directory = site_.stick}));
    }
    Json sync(const Arguments& words, int exit = 0) const {
        auto with = words;
        with.emplace_back("--json");
        const auto done = program("sync", with, true);
        BOOST_REQUIRE_MESSAGE(done.exit == exit, done.errors);
        return Json::parse(done.output);
    }
    // Of the catalog without what tells who looks.
    std::string catalog() const { return ok(program("catalog", {"list", "--json"})); }
    void apply(const std::string& name, const std::string& description) const {
        const auto file = site_.stick / "catalog-info.yaml";
        put(file, "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: " + name + ", description: " +
                      description + "}\nspec: {type: service, lifecycle: production, owner: team}\n");
        ok(program("catalog", {"apply", file.string()}));
    }
    static std::string ok(const Finished& done) {
        BOOST_REQUIRE_MESSAGE(done.exit == 0, done.errors);
        return done.output;
    }

    const fs::path& root() const { return root_; }

private:
    const Site& site_;
    fs::path root_;
    MeasuredBox box_;
};

}  // namespace holdfast::test
