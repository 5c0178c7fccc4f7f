// A root with real greenboot directories and scripts in them, for tests.
#pragma once

#include "base/file.hpp"

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <string>

namespace holdfast::health {

struct Scripts {
    std::filesystem::path root;
    Scripts() {
        std::string name = (std::filesystem::temp_directory_path() / "greenboot-XXXXXX").string();
        BOOST_REQUIRE(::mkdtemp(name.data()));
        root = name;
    }
    Scripts(const Scripts&) = delete;
    Scripts& operator=(const Scripts&) = delete;
    ~Scripts() { std::filesystem::remove_all(root); }

    std::filesystem::path file(const std::string& name, const std::string& text, unsigned mode = 0755) const {
        std::filesystem::create_directories((root / name).parent_path());
        BOOST_REQUIRE(write_whole(root / name, text, mode));
        return root / name;
    }
    void required(const std::string& name, const std::string& body) const {
        file("usr/lib/greenboot/check/required.d/" + name, "#!/bin/sh\n" + body + "\n");
    }
    void wanted(const std::string& name, const std::string& body) const {
        file("usr/lib/greenboot/check/wanted.d/" + name, "#!/bin/sh\n" + body + "\n");
    }
};

}  // namespace holdfast::health
