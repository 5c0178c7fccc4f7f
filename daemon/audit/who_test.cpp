#include "audit/who.hpp"

#include "base/file.hpp"
#include "base/good.hpp"
#include "base/scratch.hpp"

#include <boost/test/unit_test.hpp>
#include <unistd.h>

using namespace holdfast;
using namespace holdfast::audit;
using test::bad, test::good;

namespace {

struct Proc {
    Scratch scratch = good(Scratch::make("proc"));
    Who with(const std::string& login, const std::string& cgroup) const {
        good(make_directories(scratch.path() / "self"));
        good(write_whole(scratch.path() / "self/loginuid", login));
        good(write_whole(scratch.path() / "self/cgroup", cgroup));
        return self(scratch.path());
    }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(who_logged_in_is_known_whoever_that_is_now, Proc) {
    const auto who = with("4000000001", "0::/user.slice/user-1000.slice/session-3.scope\n");
    BOOST_TEST(!who.unit);
    BOOST_TEST(who.login.value() == 4'000'000'001U);
    BOOST_TEST(who.uid == ::getuid());
    BOOST_TEST(who.scope == "session-3.scope");
    BOOST_TEST(text(who).starts_with("4000000001 (login 4000000001, as "), text(who));
}

BOOST_FIXTURE_TEST_CASE(a_unit_that_nobody_logged_in_to_acts_by_itself, Proc) {
    const auto who = with("4294967295", "0::/system.slice/holdfast-renew.service\n");
    BOOST_TEST(who.unit);
    BOOST_TEST(text(who) == "holdfast-renew.service");
    // Both hierarchies at once, and a folder below the unit.
    BOOST_TEST(text(with("4294967295\n",
                         "12:memory:/x.service/y\n1:name=systemd:/system.slice/a.service/sub\n0::/\n")) == "a.service");
    // What a person has started as a unit stays that person's.
    BOOST_TEST(!with("0", "0::/system.slice/run-u7.service\n").unit);
}

BOOST_FIXTURE_TEST_CASE(a_shell_that_nobody_logged_in_to_is_its_user, Proc) {
    const auto who = with("4294967295", "0::/init.scope\n");
    BOOST_TEST(!who.unit);
    BOOST_TEST(!who.login.has_value());
    BOOST_TEST(text(who).contains("who has not logged in"));
    BOOST_TEST(!self(scratch.path() / "nothing").unit);
}

BOOST_FIXTURE_TEST_CASE(it_is_told_to_others_and_read_by_them, Proc) {
    auto who = who_is(0, 1000, "session-3.scope");
    who.by_bus = true;
    BOOST_TEST((good(parse_who(as_json(who))) == who));
    BOOST_TEST((good(parse_who(as_json(self()))) == self()));
    BOOST_TEST(!as_json(who).contains("said"));
    who.said = "ada";
    BOOST_TEST((good(parse_who(as_json(who))) == who));
    BOOST_TEST(text(who).ends_with(", over D-Bus, given as ada)"), text(who));
    who.said.clear();
    auto wrong = as_json(who);
    wrong["login"] = -1;
    bad(parse_who(wrong));
    wrong["login"] = 4294967295U;
    bad(parse_who(wrong));
    wrong = as_json(who);
    wrong["rank"] = "captain";
    bad(parse_who(wrong));
    BOOST_TEST(text(who).ends_with(", as root, over D-Bus)"), text(who));
}
