#include "agent/decision.hpp"

#include <array>
#include <boost/test/unit_test.hpp>

using namespace holdfast;
using namespace holdfast::agent;
using health::Verdict;

BOOST_AUTO_TEST_CASE(the_whole_table_for_red) {
    struct Row {
        Trial trial;
        Fallback fallback;
        Action action;
    };
    const std::array rows{Row{Trial::TriesLeft, Fallback::Bootable, Action::Reboot},
                          Row{Trial::TriesLeft, Fallback::None, Action::Reboot},
                          Row{Trial::TriesLeft, Fallback::Untold, Action::Reboot},
                          Row{Trial::LastTry, Fallback::Bootable, Action::FallBack},
                          Row{Trial::LastTry, Fallback::None, Action::StayAlone},
                          Row{Trial::LastTry, Fallback::Untold, Action::StayBlind},
                          Row{Trial::Blessed, Fallback::Bootable, Action::StayBlessed},
                          Row{Trial::Blessed, Fallback::None, Action::StayBlessed},
                          Row{Trial::Blessed, Fallback::Untold, Action::StayBlessed},
                          Row{Trial::Untold, Fallback::Bootable, Action::StayBlind},
                          Row{Trial::Untold, Fallback::None, Action::StayBlind},
                          Row{Trial::Untold, Fallback::Untold, Action::StayBlind}};
    for (const auto& row : rows) {
        BOOST_TEST((decide(Verdict::Red, row.trial, row.fallback, Patience::TryAgain) == row.action));
        BOOST_TEST((decide(Verdict::Green, row.trial, row.fallback, Patience::TryAgain) == Action::None));
        const bool other = row.trial == Trial::TriesLeft && row.fallback == Fallback::Bootable;
        BOOST_TEST((decide(Verdict::Red, row.trial, row.fallback, Patience::FallBack) ==
                    (other ? Action::GiveUp : row.action)));
        BOOST_TEST((decide(Verdict::Unknown, row.trial, row.fallback, Patience::TryAgain) == Action::None));
    }
}

BOOST_AUTO_TEST_CASE(only_three_actions_reboot_and_all_but_none_speak) {
    for (const auto action : {Action::None, Action::StayAlone, Action::StayBlind, Action::StayBlessed})
        BOOST_TEST(!reboots(action));
    BOOST_TEST(reboots(Action::Reboot));
    BOOST_TEST(reboots(Action::GiveUp));
    BOOST_TEST(reboots(Action::FallBack));
    BOOST_TEST(words(Action::None).empty());
    for (const auto action :
         {Action::Reboot, Action::GiveUp, Action::FallBack, Action::StayAlone, Action::StayBlind, Action::StayBlessed})
        BOOST_TEST(words(action).starts_with("red: "));
}

BOOST_AUTO_TEST_CASE(standings) {
    BOOST_TEST((trial_of(boot::Tries{2, 1}) == Trial::TriesLeft));
    BOOST_TEST((trial_of(boot::Tries{0, 3}) == Trial::LastTry));
    BOOST_TEST((trial_of(boot::Blessed{}) == Trial::Blessed));
    BOOST_TEST((trial_of(boot::Untold{"why"}) == Trial::Untold));
}

BOOST_AUTO_TEST_CASE(only_another_slot_with_tries_is_a_fallback) {
    using boot::Slot, boot::Entry, boot::Tries;
    using Entries = std::vector<Entry>;
    BOOST_TEST((fallback_of(Slot::A, Entries{{Slot::A, 1, Tries{0, 3}}}) == Fallback::None));
    BOOST_TEST((fallback_of(Slot::A, Entries{{Slot::A, 1, {}}, {Slot::B, 2, Tries{0, 3}}}) == Fallback::None));
    BOOST_TEST((fallback_of(Slot::A, Entries{{Slot::B, 2, Tries{1, 0}}}) == Fallback::Bootable));
    BOOST_TEST((fallback_of(Slot::B, Entries{{Slot::A, 1, {}}}) == Fallback::Bootable));
    BOOST_TEST((fallback_of(Slot::A, fail(Code::Denied, "no")) == Fallback::Untold));
}
