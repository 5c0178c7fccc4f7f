// Power cuts on the way of a release that is red: into its slot, out of it, and while the data of before comes back.
// HOLDFAST_SEED and HOLDFAST_CUTS as for update_power_cut_test.
#include "power_cut.hpp"

using namespace holdfast;
using namespace holdfast::vm;

BOOST_AUTO_TEST_CASE(the_way_back_is_gone_to_its_end_however_often_the_power_goes) {
    const std::uint64_t seed = from_outside("HOLDFAST_SEED", std::random_device()()),
                        cuts = from_outside("HOLDFAST_CUTS", 6);
    std::fprintf(stderr, "HOLDFAST_SEED=%llu\n", static_cast<unsigned long long>(seed));
    RecordedUpdate update(RecordedUpdate::Kind::Red);
    for (std::uint64_t i = 0; i < cuts; ++i) update.cut(seed + i, true);
}
