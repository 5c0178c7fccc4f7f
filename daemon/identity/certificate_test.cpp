#include "identity/certificate.hpp"

#include "base/file.hpp"
#include "base/process.hpp"
#include "base/scratch.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast;
using namespace holdfast::identity;

namespace {

constexpr std::int64_t begin = 1'790'000'000, day = 86'400;
constexpr Validity a_year{begin, begin + 365 * day}, a_month{begin, begin + 30 * day};
const SpiffeId ventilator{"clinic.example", "north", "ventilator-7"};

struct World {
    Key root_key = make_key().value(), key = make_key().value(), box = make_key().value();
    std::string root = make_root(root_key.get(), "clinic.example", a_year).value();
    std::string authority = make_intermediate({root, root_key.get()}, key.get(), "clinic.example", a_year).value();
    std::string leaf = make_leaf({authority, key.get()}, box.get(), ventilator, a_month).value();
    Scratch scratch = Scratch::make("certificate").value();

    std::filesystem::path pem(const std::string& name, const std::string& certificate) const {
        const auto file = scratch.path() / name;
        BOOST_REQUIRE(write_whole(file, pem_of(certificate)).has_value());
        return file;
    }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_chain_holds_and_openssl_agrees, World) {
    BOOST_TEST(check_chain(leaf, {authority}, {root}, begin + day).has_value());
    const auto facts = facts_of(leaf).value();
    BOOST_TEST(facts.uri == "spiffe://clinic.example/site/north/box/ventilator-7");
    BOOST_TEST(facts.validity.until == a_month.until);
    BOOST_TEST((SpiffeId::parse(facts.uri).value() == ventilator));
    const auto said = run({"openssl", "verify", "-x509_strict", "-purpose", "sslclient", "-attime",
                           std::to_string(begin + day), "-CAfile", pem("root.pem", root).string(), "-untrusted",
                           pem("authority.pem", authority).string(), pem("leaf.pem", leaf).string()});
    BOOST_TEST(said->output.ends_with("leaf.pem: OK\n"), said->output + said->errors);
}

BOOST_FIXTURE_TEST_CASE(what_does_not_lead_to_the_root_is_refused, World) {
    const World other;
    BOOST_TEST((check_chain(leaf, {authority}, {other.root}, begin + day).error().code == Code::Denied));
    BOOST_TEST((check_chain(leaf, {}, {root}, begin + day).error().code == Code::Denied));
    BOOST_TEST((check_chain(other.leaf, {authority}, {root}, begin + day).error().code == Code::Denied));
    // Expired, and not yet; but some look whatever the time.
    for (const auto at : {begin + 31 * day, begin - day})
        BOOST_TEST((check_chain(leaf, {authority}, {root}, at).error().code == Code::Denied));
    BOOST_TEST(check_chain(leaf, {authority}, {root}, 0).has_value());
    std::string changed = leaf;
    changed[changed.size() / 2] = static_cast<char>(changed[changed.size() / 2] ^ 1);
    BOOST_TEST(!check_chain(changed, {authority}, {root}, begin + day));
    BOOST_TEST((check_chain("nonsense", {authority}, {root}, begin).error().code == Code::Corrupt));
}

BOOST_FIXTURE_TEST_CASE(an_authority_vouches_for_its_own_domain_alone, World) {
    const auto foreign = make_leaf({authority, key.get()}, box.get(), {"bank.example", "north", "vault"}, a_month);
    const auto refused = check_chain(*foreign, {authority}, {root}, begin + day);
    BOOST_TEST_REQUIRE(!refused.has_value());
    BOOST_TEST(refused.error().what.contains("permitted subtree"), refused.error().what);
    // And a box makes no authorities.
    const auto below = make_leaf({leaf, box.get()}, make_key()->get(), ventilator, a_month);
    BOOST_TEST((check_chain(*below, {leaf, authority}, {root}, begin + day).error().code == Code::Denied));
}

BOOST_FIXTURE_TEST_CASE(keys_lie_in_files_for_root_alone, World) {
    const auto file = scratch.path() / "key.pem";
    BOOST_REQUIRE(write_key(key, file).has_value());
    BOOST_TEST((std::filesystem::status(file).permissions() == std::filesystem::perms(0600)));
    BOOST_TEST(EVP_PKEY_eq(read_key(file)->get(), key.get()) == 1);
    BOOST_REQUIRE(write_whole(file, "nonsense").has_value());
    BOOST_TEST((read_key(file).error().code == Code::Corrupt));
    BOOST_TEST((certificates_in(pem_of(leaf) + pem_of(authority)).value() == std::vector{leaf, authority}));
}

BOOST_AUTO_TEST_CASE(other_names_are_no_boxes) {
    for (const auto* uri : {"", "spiffe://", "https://a/site/b/box/c", "spiffe://a/site/b/box/", "spiffe://a/site/b",
                            "spiffe://a/site/b/box/c/d", "spiffe://a/node/b/box/c"})
        BOOST_TEST((SpiffeId::parse(uri).error().code == Code::Corrupt));
}
