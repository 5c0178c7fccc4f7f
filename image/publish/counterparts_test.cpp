#include "publish/counterparts.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast;

BOOST_AUTO_TEST_CASE(the_nearest_old_path_is_found) {
    const std::vector<content::Member> old{{"usr/bin/tool", "", ""},
                                           {"usr/lib/modules/6.12.117-amd64/kernel/fs/ext4.ko.zst", "", ""},
                                           {"usr/lib/libx.so.1.2.3", "", ""},
                                           {"usr/lib/a/README", "", ""},
                                           {"usr/lib/b/README", "", ""}};
    const publish::Counterparts counterparts(old);
    BOOST_TEST(counterparts.find("usr/bin/tool").value() == 0U);
    BOOST_TEST(counterparts.find("usr/lib/modules/6.12.118-amd64/kernel/fs/ext4.ko.zst").value() == 1U);
    BOOST_TEST(counterparts.find("usr/lib/libx.so.1.2.4").value() == 2U);
    BOOST_TEST(counterparts.find("usr/sbin/tool").value() == 0U);
    BOOST_TEST(!counterparts.find("usr/lib/c/README").has_value());
    BOOST_TEST(counterparts.find("usr/lib/b/README").value() == 4U);
    BOOST_TEST(!counterparts.find("usr/bin/other").has_value());
}
