#include "base/file.hpp"
#include "base/process.hpp"
#include "base/scratch.hpp"
#include "identity/issue.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast;
using namespace holdfast::identity;

namespace {

constexpr std::int64_t begin = 1'790'000'000, day = 86'400;
constexpr Validity a_year{begin, begin + 365 * day}, a_month{begin, begin + 30 * day};
const SpiffeId ventilator{"clinic.example", "north", "ventilator-7", {}};

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
    const auto foreign = make_leaf({authority, key.get()}, box.get(), {"bank.example", "north", "vault", {}}, a_month);
    const auto refused = check_chain(*foreign, {authority}, {root}, begin + day);
    BOOST_TEST_REQUIRE(!refused.has_value());
    BOOST_TEST(refused.error().what.contains("permitted subtree"), refused.error().what);
    // And a box makes no authorities.
    const auto below = make_leaf({leaf, box.get()}, make_key()->get(), ventilator, a_month);
    BOOST_TEST((check_chain(*below, {leaf, authority}, {root}, begin + day).error().code == Code::Denied));
}

BOOST_FIXTURE_TEST_CASE(a_box_s_own_authority_vouches_for_its_workloads_alone, World) {
    const Key issuing = make_key().value(), workload = make_key().value();
    const std::string own = make_box_authority({authority, key.get()}, issuing.get(), ventilator, a_month).value();
    // A key that OpenSSL does not hold, as one in a TPM.
    const auto outside = [&](const Digest& digest) -> Result<std::string> {
        const Handle<EVP_PKEY_CTX, EVP_PKEY_CTX_free> context(EVP_PKEY_CTX_new(issuing.get(), nullptr));
        std::string signature(80, '\0');
        std::size_t size = signature.size();
        BOOST_REQUIRE_EQUAL(EVP_PKEY_sign_init(context.get()), 1);
        BOOST_REQUIRE_EQUAL(EVP_PKEY_sign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                                          digest.data(), digest.size()),
                            1);
        return signature.substr(0, size);
    };
    const auto svid = [&](const SpiffeId& id) {
        return make_leaf({.certificate = own, .signer = outside}, workload.get(), id, a_month).value();
    };
    SpiffeId id = ventilator;
    id.workload = "alarms";
    const std::string good = svid(id);
    BOOST_TEST(check_chain(good, {own, authority}, {root}, begin + day).has_value());
    BOOST_TEST(facts_of(good)->uri == "spiffe://clinic.example/site/north/box/ventilator-7/workload/alarms");
    BOOST_TEST((SpiffeId::parse(facts_of(good)->uri).value() == id));
    BOOST_REQUIRE(write_whole(scratch.path() / "between.pem", pem_of(own) + pem_of(authority)).has_value());
    const auto said = run({"openssl", "verify", "-x509_strict", "-attime", std::to_string(begin + day), "-CAfile",
                           pem("root.pem", root).string(), "-untrusted", (scratch.path() / "between.pem").string(),
                           pem("svid.pem", good).string()});
    BOOST_TEST(said->output.ends_with("svid.pem: OK\n"), said->output + said->errors);

    // Another box's workload, another box, and that box itself, which is the hub's to name.
    for (const SpiffeId& other : {SpiffeId{"clinic.example", "north", "ventilator-8", "alarms"},
                                  SpiffeId{"clinic.example", "south", "ventilator-7", "alarms"},
                                  SpiffeId{"clinic.example", "north", "ventilator-70", {}}, ventilator}) {
        const auto refused = check_chain(svid(other), {own, authority}, {root}, begin + day);
        BOOST_TEST(!refused.has_value(), other.uri());
    }
    // Its own subject and another's SPIFFE ID: what X.509 lets pass.
    BOOST_REQUIRE(write_key(issuing, scratch.path() / "issuing.key").has_value());
    BOOST_REQUIRE(
        write_whole(scratch.path() / "extensions",
                    "subjectAltName=URI:spiffe://clinic.example/site/north/box/ventilator-8/workload/alarms\n")
            .has_value());
    const auto forged = run_or_fail(
        {"sh", "-c",
         "openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout other.key -subj "
         "/O=clinic.example/OU=north/OU=ventilator-7/CN=alarms | openssl x509 -req -CA " +
             pem("own.pem", own).string() + " -CAkey issuing.key -extfile extensions -days 30 -not_before " +
             "20260921150000Z -not_after 20261020000000Z"},
        {.directory = scratch.path()});
    BOOST_REQUIRE_MESSAGE(forged.has_value(), forged.error().what);
    const auto passed = check_chain(certificates_in(*forged)->front(), {own, authority}, {root}, begin + day);
    BOOST_TEST_REQUIRE(!passed.has_value());
    BOOST_TEST(passed.error().what.contains("was given by the authority of"), passed.error().what);
}

BOOST_AUTO_TEST_CASE(names_that_no_certificate_takes_are_told) {
    const Key key = make_key().value();
    const auto refused = make_root(key.get(), std::string(70, 'a') + ".example", a_year);
    BOOST_TEST(refused.error().what.contains("64 letters"));
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
