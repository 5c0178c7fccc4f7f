// Power cuts at moments picked by chance between download and good, on a disk that loses what was not flushed.
#include "power_cut.hpp"

using namespace holdfast;
using namespace holdfast::vm;

BOOST_AUTO_TEST_CASE(the_power_goes_at_moments_picked_by_chance) {
    const Chance chance(8);
    RecordedUpdate update(RecordedUpdate::Kind::Good);
    update.check_esp_at_every_write(chance.seed, chance.cuts > 8 ? 4 : 1);
    // In a short run only the last one goes on to the end of the update; each takes two more starts.
    for (std::uint64_t i = 0; i < chance.cuts; ++i)
        update.cut(chance.seed + i, chance.cuts > 8 || i + 1 == chance.cuts);
}
