#include "catalog/apply.hpp"

#include "base/scratch.hpp"
#include "catalog/store.hpp"
#include "feed/test_node.hpp"

#include <algorithm>
#include <random>

using namespace holdfast;
using namespace holdfast::catalog;
using feed::TestNode, test::good;

namespace {

const std::string pump = "component:north/pump", well = "component:north/well";

// What two nodes say of two entities, some of it of what they have seen.
std::vector<feed::Draft> some_words(std::mt19937& random, const TestNode& other, std::uint64_t heard) {
    std::vector<feed::Draft> all;
    for (int i = 0; i < 40; ++i) {
        const std::string& entity = random() % 2 == 0 ? pump : well;
        std::vector<Seen> seen;
        if (random() % 2 == 0) seen.push_back({other.origin(), random() % heard});
        if (random() % 8 == 0) {
            all.push_back({entity_removed, write_removal({entity, seen})});
            continue;
        }
        const std::string value(1, static_cast<char>(random() % 24));
        const std::string path = "/spec/" + std::to_string(random() % 4);
        all.push_back({entity_set, write_change({entity, {{path, value, seen}, {"/metadata/title", value, {}}}})});
    }
    return all;
}

}  // namespace

BOOST_AUTO_TEST_CASE(records_come_to_the_same_in_memory_and_in_the_store) {
    std::mt19937 random(5);
    const Scratch scratch = good(Scratch::make("apply"));
    auto feeds = good(feed::Store::open(scratch.path() / "feeds.db"));
    auto store = good(Store::open(scratch.path() / "catalog.db"));
    const TestNode one, other;
    for (const auto* each : {&one, &other}) {
        good(store.allow(each->origin(), "north"));
        const auto& who = each == &one ? other : one;
        good(feeds.append(each->feed(feed::Class::Catalog), some_words(random, who, 40), 1'790'000'000'000));
    }
    good(store.catch_up(feeds));
    Gathered memory;
    // Numbered as the store has numbered them.
    for (const auto& origin : store.nodes()) good(memory.number_of(origin));
    for (const auto* each : {&other, &one}) {
        const auto node = good(memory.number_of(each->origin()));
        good(feeds.read(each->feed(feed::Class::Catalog), 0, [&](const feed::Record& record) -> Result<> {
            BOOST_TEST((TRY(apply(record, node, memory)) == Said::Taken));
            return {};
        }));
    }
    for (const auto& name : {pump, well}) BOOST_TEST((memory.all().at(name) == good(store.merged(name))), name);
}

BOOST_AUTO_TEST_CASE(what_says_nothing_readable_or_nothing_of_entities_changes_nothing) {
    Gathered memory;
    const auto said = [&](const char* type, std::string payload) {
        return good(apply(feed::Record{0, {1, 0}, type, std::move(payload)}, 0, memory));
    };
    BOOST_TEST((said(entity_set, "no CBOR") == Said::Unreadable));
    BOOST_TEST((said(entity_removed, write_change({pump, {{"/spec/type", "x", {}}}})) == Said::Unreadable));
    BOOST_TEST((said("entity.of-tomorrow", "") == Said::Else));
    BOOST_TEST(memory.all().empty());
}

BOOST_AUTO_TEST_CASE(numbers_are_given_once) {
    Numbers numbers;
    const auto a = sha256("a"), b = sha256("b");
    BOOST_TEST(numbers.add(a) == 0U);
    BOOST_TEST(numbers.add(b) == 1U);
    BOOST_TEST(numbers.add(a) == 0U);
    BOOST_TEST((numbers.all() == std::vector{a, b}));
    BOOST_TEST(numbers.find(b).value() == 1U);
    numbers.clear();
    BOOST_TEST(!numbers.find(a).has_value());
}
