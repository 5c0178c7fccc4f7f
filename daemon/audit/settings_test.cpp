#include "audit/settings.hpp"

#include "base/file.hpp"
#include "base/good.hpp"
#include "base/scratch.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast;
using namespace holdfast::audit;
using test::bad, test::good;

namespace {

struct Root {
    Scratch scratch = good(Scratch::make("audit"));
    void put(const std::string& folder, const std::string& text) const {
        good(make_directories(scratch.path() / folder));
        good(write_whole(scratch.path() / folder / "audit.yaml", text));
    }
    Result<Settings> load() const { return load_settings(scratch.path()); }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(what_nobody_has_said_is_required, Root) {
    BOOST_TEST(good(load()).required);
    BOOST_TEST(!good(load()).wants_reason("update.apply"));
}

BOOST_FIXTURE_TEST_CASE(a_site_says_what_is_demanded, Root) {
    put("usr/lib/holdfast", "required: false\n");
    BOOST_TEST(!good(load()).required);
    put("etc/holdfast", "required: true\nreasons: [update.*, catalog.resolve]\n");
    const auto settings = good(load());
    BOOST_TEST(settings.required);
    BOOST_TEST(settings.wants_reason("update.apply"));
    BOOST_TEST(settings.wants_reason("catalog.resolve"));
    BOOST_TEST(!settings.wants_reason("catalog.apply"));
    BOOST_TEST(!settings.wants_reason("updates.apply"));
}

BOOST_FIXTURE_TEST_CASE(what_is_no_setting_is_refused_by_file_and_key, Root) {
    put("etc/holdfast", "demanded: yes\n");
    BOOST_TEST(bad(load()).what.contains("audit.yaml:1"));
    for (const auto* word : {"Rollback", "update", "*", "update.*.x", ".*"}) {
        put("etc/holdfast", std::string("reasons: ['") + word + "']\n");
        BOOST_TEST(bad(load()).what.contains("is no verb"), word);
    }
}
