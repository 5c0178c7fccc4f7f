// Runs holdfast-image on this repository, in folders of its own.
#pragma once

#include "base/file.hpp"
#include "base/process.hpp"
#include "base/scratch.hpp"
#include "places.hpp"

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

namespace holdfast {

struct Builder {
    // Beside the build, not in /tmp: a tree has half a gigabyte.
    std::filesystem::path folder;
    std::filesystem::path keys = folder / "keys";
    std::filesystem::path debs = source_folder() / "build/release/debs";

    explicit Builder(const std::string& name) : folder(build_folder() / "tests/image" / name) {
        BOOST_REQUIRE(remove_tree(folder).has_value());
        BOOST_REQUIRE(make_directories(folder).has_value());
        BOOST_REQUIRE_EQUAL(image({"keys", "create", keys.string()}).exit, 0);
    }
    Builder(const Builder&) = delete;
    Builder& operator=(const Builder&) = delete;
    ~Builder() { static_cast<void>(remove_tree(folder)); }

    static Finished image(const Arguments& arguments) {
        Arguments all{HOLDFAST_IMAGE};
        all.insert(all.end(), arguments.begin(), arguments.end());
        return run(all).value();
    }
    // A build with work and results below `place`.
    Arguments arguments(const std::string& place, const Arguments& more = {}) const {
        Arguments all{"--json",   "build",
                      "--source", source_folder().string(),
                      "--keys",   keys.string(),
                      "--debs",   debs.string(),
                      "--work",   (folder / place / "work").string(),
                      "--out",    (folder / place / "out").string()};
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }
    Finished build(const std::string& place, const Arguments& more = {}) const { return image(arguments(place, more)); }
    std::filesystem::path out(const std::string& place) const { return folder / place / "out"; }
};

inline const std::string default_name = "holdfast-generic-x86-64-dev-podman-" HOLDFAST_VERSION;

}  // namespace holdfast
