// Bundles that are carried to a box, in parts where the medium wants it.
#include "box.hpp"

using namespace holdfast;
using namespace holdfast::test;
using update::When;

namespace {

struct World : Delivered {
    World() : Delivered(Weight::Heavy) {}
    fs::path image_2 = image("1.0.1", 2000);
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_bundle_in_parts_is_carried_to_the_box, World) {
    const fs::path bundle = scratch / "stick/os.bundle";
    const auto files = good(publish::carry({image_2, test_ref, {}, "", {}, 5U << 20U, bundle}, keys));
    BOOST_TEST(files.size() > 2U);
    BOOST_TEST(good(box.updater().download((scratch / "stick").string(), "")));
    BOOST_TEST(good(box.updater().apply(When::Now)));
    box.start();
    BOOST_TEST(box.version() == "1.0.1");
    box.fsck();
}

BOOST_FIXTURE_TEST_CASE(a_bundle_that_fits_into_one_part_is_one_file, World) {
    const fs::path bundle = scratch / "stick/os.bundle";
    const auto write = [&](std::uint64_t split) {
        return good(publish::carry({image_2, test_ref, {}, "", {}, split, bundle}, keys));
    };
    BOOST_TEST(write(5U << 20U).size() > 1U);
    BOOST_TEST((write(1U << 30U) == std::vector{bundle}));
    BOOST_TEST(std::distance(fs::directory_iterator(scratch / "stick"), {}) == 1);
    BOOST_TEST(good(box.updater().download(bundle.string(), "")));
}

BOOST_FIXTURE_TEST_CASE(a_damaged_bundle_is_refused_by_the_part_s_name, World) {
    const fs::path bundle = scratch / "stick/os.bundle";
    const auto files = good(publish::carry({image_2, test_ref, {}, "", {}, 5U << 20U, bundle}, keys));
    BOOST_REQUIRE(files.size() > 2U);
    const std::string second = good(read_whole(files[1])), third = good(read_whole(files[2]));
    put(files[1], third);
    put(files[2], second);
    BOOST_TEST(refusal(box.updater().download(bundle.string(), "")).contains("os.bundle.001"));
    put(files[1], second);
    put(files[2], third.substr(0, third.size() / 2));
    BOOST_TEST(refusal(box.updater().download(bundle.string(), "")).contains("os.bundle.00"));
    fs::remove(files[2]);
    const std::string missing = refusal(box.updater().download(bundle.string(), ""));
    BOOST_TEST_CONTEXT(missing) BOOST_TEST(missing.contains("truncated, or a part behind it is missing"));
    std::string head = good(read_whole(files[0]));
    head[100] = static_cast<char>(head[100] ^ 1);
    put(files[0], head);
    BOOST_TEST(refusal(box.updater().download(bundle.string(), "")).contains("no valid signature"));
    BOOST_TEST(!fs::exists(box.root / "ostree/root.b"));
    box.fsck();
}
