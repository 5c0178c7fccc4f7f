// The units of systemd that an image gets, read as files.
#include "base/file.hpp"
#include "base/text.hpp"
#include "places.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <map>

using namespace holdfast;
namespace fs = std::filesystem;

namespace {

// Every unit that this repository brings, by its path.
std::map<fs::path, std::vector<std::string>> units() {
    std::map<fs::path, std::vector<std::string>> found;
    for (const auto* folder : {"overlays", "profiles", "hardware", "recipes"})
        for (const auto& entry : fs::recursive_directory_iterator(source_folder() / folder))
            if (entry.is_regular_file() && entry.path().string().contains("/systemd/system/"))
                found[entry.path()] = split(read_whole(entry.path()).value(), '\n');
    return found;
}

bool starts_so(const std::vector<std::string>& lines, std::string_view word) {
    return std::ranges::any_of(lines, [&](const std::string& line) { return line.starts_with(word); });
}

}  // namespace

// systemd looks at a timer's conditions once, when it starts: one that is met later would count from the next start on.
BOOST_AUTO_TEST_CASE(a_condition_stands_at_a_service_and_never_at_its_timer) {
    std::size_t timers = 0;
    for (const auto& [file, lines] : units()) {
        if (file.extension() != ".timer") continue;
        ++timers;
        BOOST_TEST_CONTEXT(file.string()) {
            BOOST_TEST(!starts_so(lines, "Condition"));
            BOOST_TEST(!starts_so(lines, "Assert"));
            auto service = file;
            BOOST_TEST((starts_so(lines, "Unit=") || fs::exists(service.replace_extension(".service"))));
        }
    }
    BOOST_TEST(timers >= 6U);
}

BOOST_AUTO_TEST_CASE(what_waits_for_an_enrollment_asks_for_it_at_its_service) {
    const auto all = units();
    const auto at = [&](const std::string& name) {
        return all.at(source_folder() / "overlays/base/usr/lib/systemd/system" / name);
    };
    for (const auto* name :
         {"holdfast-attest.service", "holdfast-report.service", "holdfast-renew.service", "holdfast-sync.service"})
        BOOST_TEST(starts_so(at(name), "ConditionPathExists=/var/lib/holdfast/identity/grant"), name);
    BOOST_TEST(starts_so(at("holdfast-enroll.service"), "ConditionPathExists=/etc/holdfast/enroll.yaml"));
}
