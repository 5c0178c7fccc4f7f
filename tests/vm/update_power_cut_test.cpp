// Power cuts at moments picked by chance between download and good, on a disk that loses what was not flushed. The seed
// stands in the output; HOLDFAST_SEED repeats a run, HOLDFAST_CUTS says how many.
#include "power_cut.hpp"

using namespace holdfast;
using namespace holdfast::vm;

BOOST_AUTO_TEST_CASE(the_power_goes_at_moments_picked_by_chance) {
    const std::uint64_t seed = from_outside("HOLDFAST_SEED", std::random_device()()),
                        cuts = from_outside("HOLDFAST_CUTS", 8);
    std::fprintf(stderr, "HOLDFAST_SEED=%llu\n", static_cast<unsigned long long>(seed));
    RecordedUpdate update(RecordedUpdate::Kind::Good);
    update.check_esp_at_every_write(seed, cuts > 8 ? 4 : 1);
    // In a short run only the last one goes on to the end of the update; each takes two more starts.
    for (std::uint64_t i = 0; i < cuts; ++i) update.cut(seed + i, cuts > 8 || i + 1 == cuts);
}
