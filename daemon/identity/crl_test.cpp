#include "identity/crl.hpp"

#include "base/file.hpp"
#include "base/process.hpp"
#include "base/scratch.hpp"
#include "base/text.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast;
using namespace holdfast::identity;

namespace {

constexpr std::int64_t begin = 1'790'000'000, day = 86'400;
constexpr Validity a_month{begin, begin + 30 * day}, a_year{begin, begin + 365 * day};

struct Authority {
    explicit Authority(const std::string& domain)
        : root(make_root(root_key.get(), domain, a_year).value()),
          certificate(make_intermediate({root, root_key.get()}, key.get(), domain, a_year).value()) {}
    std::string box(const std::string& name) const {
        return make_leaf({certificate, key.get()}, box_key.get(), {"clinic.example", "north", name, {}}, a_month)
            .value();
    }
    std::string list(std::uint64_t number, const std::map<std::string, Withdrawn>& entries) const {
        return make_crl({certificate, key.get()}, number, entries, a_month).value();
    }
    Key root_key = make_key().value(), key = make_key().value(), box_key = make_key().value();
    std::string root, certificate;
};

std::string serial(const std::string& certificate) {
    return facts_of(certificate).value().serial;
}

struct World {
    Authority authority{"clinic.example"};
    std::string held = authority.box("held"), gone = authority.box("gone"), good = authority.box("good");
    std::map<std::string, Withdrawn> entries{{serial(held), {Withdrawal::Quarantined, begin + 60}},
                                             {serial(gone), {Withdrawal::Revoked, begin + 120}}};
    Scratch scratch = Scratch::make("crl").value();

    std::string file(const std::string& name, const std::string& text) const {
        BOOST_REQUIRE(write_whole(scratch.path() / name, text));
        return (scratch.path() / name).string();
    }
    std::string openssl(std::vector<std::string> words) const {
        words.insert(words.begin(), "openssl");
        const auto said = run(words).value();
        return std::to_string(said.exit) + " " + said.output + said.errors;
    }
    std::string verify(const std::string& list, const std::string& box) const {
        return openssl({"verify", "-crl_check", "-attime", std::to_string(begin + day), "-CAfile",
                        file("root.pem", pem_of(authority.root)), "-untrusted",
                        file("authority.pem", pem_of(authority.certificate)), "-CRLfile", file("list.pem", list),
                        file("box.pem", pem_of(box))});
    }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_list_says_of_each_what_it_was_made_with, World) {
    const auto list = read_crl(authority.list(7, entries), authority.certificate).value();
    BOOST_TEST(list.number == 7U);
    BOOST_TEST(list.validity.until == a_month.until);
    BOOST_TEST((list.entries == entries));
    BOOST_TEST((withdrawn(list, held).value() == Withdrawn{Withdrawal::Quarantined, begin + 60}));
    BOOST_TEST((withdrawn(list, gone).value() == Withdrawn{Withdrawal::Revoked, begin + 120}));
    BOOST_TEST(!withdrawn(list, good).value().has_value());
    BOOST_TEST(check_withdrawn({good, authority.certificate}, list).has_value());
    BOOST_TEST(check_withdrawn({held, authority.certificate}, list).error().what.contains("quarantine"));
    BOOST_TEST(read_crl(authority.list(8, {}), authority.certificate).value().entries.empty());
}

BOOST_FIXTURE_TEST_CASE(a_list_is_of_one_authority, World) {
    const Authority other("clinic.example"), elsewhere("factory.example");
    const auto list = authority.list(7, entries);
    for (const auto& each : {other.certificate, elsewhere.certificate, authority.root, held})
        BOOST_TEST((read_crl(list, each).error().code == Code::Denied));
    // The same serial of somebody else's is another certificate.
    const auto theirs = elsewhere.list(7, {{serial(good), {Withdrawal::Revoked, begin}}});
    BOOST_TEST(!withdrawn(parse_crl(theirs).value(), good).value().has_value());
}

BOOST_FIXTURE_TEST_CASE(openssl_agrees, World) {
    const auto list = authority.list(7, entries);
    const auto checked =
        openssl({"crl", "-in", file("list.pem", list), "-CAfile", file("authority.pem", pem_of(authority.certificate)),
                 "-verify", "-noout", "-text", "-crlnumber"});
    BOOST_TEST(checked.starts_with("0 "), checked);
    for (const auto* words : {"verify OK", "Version 2", "Certificate Hold", "Privilege Withdrawn", "crlNumber=0x07"})
        BOOST_TEST(checked.contains(words), checked);
    BOOST_TEST(verify(list, held).contains("certificate revoked"));
    BOOST_TEST(verify(list, gone).contains("certificate revoked"));
    BOOST_TEST(verify(list, good).starts_with("0 "), verify(list, good));
    BOOST_TEST(verify(authority.list(8, {}), held).starts_with("0 "));
}

BOOST_FIXTURE_TEST_CASE(what_is_no_whole_list_is_refused, World) {
    const auto list = authority.list(7, entries);
    const std::string der = run({"openssl", "crl", "-in", file("list.pem", list), "-outform", "DER"}).value().output;
    BOOST_TEST((parse_crl(der).value().entries == entries));
    for (const auto& wrong : {std::string(), std::string("nonsense"), der + "x", der.substr(0, der.size() - 1),
                              list.substr(0, list.size() / 2), pem_of(good), std::string(crl_limit + 1, 'x')})
        BOOST_TEST((parse_crl(wrong).error().code == Code::Corrupt));
    // One byte less or another one is another list.
    for (std::size_t i = 0; i < der.size(); i += 7) {
        std::string changed = der;
        changed[i] ^= 1;
        BOOST_TEST(!read_crl(changed, authority.certificate).has_value());
    }
}
