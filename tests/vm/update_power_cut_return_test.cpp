// Power cuts on the way of a release that is red: into its slot, out of it, and while the data of before comes back.
#include "power_cut.hpp"

using namespace holdfast;
using namespace holdfast::vm;

BOOST_AUTO_TEST_CASE(the_way_back_is_gone_to_its_end_however_often_the_power_goes) {
    const Chance chance(6);
    RecordedUpdate update(RecordedUpdate::Kind::Red);
    for (std::uint64_t i = 0; i < chance.cuts; ++i) update.cut(chance.seed + i, true);
}
