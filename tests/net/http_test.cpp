// The fetcher against a real nginx, in the clear and by TLS.
#include "base/http.hpp"

#include "private_mount.hpp"
#include "real_nginx.hpp"

#include <thread>

using namespace holdfast;
using namespace holdfast::http;
using namespace holdfast::test;

namespace {

struct World {
    RealNginx nginx;
    std::string big = noise(3'000'000);
    Client client;
    std::string got;  // by the last fetches

    World() {
        nginx.serve("big", big);
        nginx.serve("empty", "");
        nginx.serve("packed", "not gzip at all");
    }
    Result<Head> fetch(const Request& request) {
        return client.fetch(request, [&](const Head&, std::span<const char> piece) -> Result<> {
            got.append(piece.begin(), piece.end());
            return {};
        });
    }
    std::string url() const { return nginx.http("/big"); }
    Error refused(const std::string& address) { return bad(fetch({.url = address})); }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_file_comes_whole_and_in_pieces, World) {
    std::size_t largest = 0;
    const auto head =
        good(client.fetch({.url = url()}, [&](const Head& so_far, std::span<const char> piece) -> Result<> {
            BOOST_TEST(so_far.total.value() == big.size());
            largest = std::max(largest, piece.size());
            got.append(piece.begin(), piece.end());
            return {};
        }));
    BOOST_TEST((got == big));
    BOOST_TEST(head.status == 200);
    BOOST_TEST(head.begins_at == 0U);
    BOOST_TEST(head.etag.starts_with('"'));
    BOOST_TEST(largest <= 65536U);
}

BOOST_FIXTURE_TEST_CASE(an_empty_file_has_no_pieces, World) {
    BOOST_TEST(good(fetch({.url = nginx.http("/empty")})).total.value() == 0U);
    BOOST_TEST(got == "");
}

BOOST_FIXTURE_TEST_CASE(a_part_is_what_was_asked_for, World) {
    const auto head = good(fetch({.url = url(), .from = 1000, .to = 1100}));
    BOOST_TEST((got == big.substr(1000, 100)));
    BOOST_TEST(head.status == 206);
    BOOST_TEST(head.begins_at == 1000U);
    BOOST_TEST(head.length.value() == 100U);
    BOOST_TEST(head.total.value() == big.size());
    got.clear();
    good(fetch({.url = url(), .from = big.size() - 7}));
    BOOST_TEST((got == big.substr(big.size() - 7)));
    got.clear();
    good(fetch({.url = url(), .to = 1}));
    BOOST_TEST((got == big.substr(0, 1)));
}

BOOST_FIXTURE_TEST_CASE(a_condition_that_holds_goes_on_and_one_that_does_not_begins_anew, World) {
    const std::string etag = good(fetch({.url = url(), .to = 10})).etag;
    const auto rest = good(fetch({.url = url(), .from = 10, .if_range = etag}));
    BOOST_TEST(rest.begins_at == 10U);
    BOOST_TEST((got == big));
    got.clear();
    nginx.serve("big", "quite another file");
    const auto other = good(fetch({.url = url(), .from = 10, .if_range = etag}));
    BOOST_TEST(other.status == 200);
    BOOST_TEST(other.begins_at == 0U);
    BOOST_TEST(got == "quite another file");
    BOOST_TEST(other.etag != etag);
}

BOOST_FIXTURE_TEST_CASE(bytes_that_are_not_there_begin_anew, World) {
    const auto error = bad(fetch({.url = url(), .from = big.size()}));
    BOOST_TEST((error.code == Code::Corrupt));
    BOOST_TEST(error.what.contains("416"));
    BOOST_TEST(error.what.contains("begin anew"));
    BOOST_TEST(error.what.starts_with(url()));
}

BOOST_FIXTURE_TEST_CASE(what_is_not_there_or_not_for_us_is_told_apart, World) {
    BOOST_TEST((refused(nginx.http("/none")).code == Code::NotFound));
    BOOST_TEST((refused(nginx.http("/gone")).code == Code::NotFound));
    BOOST_TEST((refused(nginx.http("/secret")).code == Code::Denied));
    BOOST_TEST(got == "");
}

BOOST_FIXTURE_TEST_CASE(bytes_are_never_unpacked, World) {
    BOOST_TEST(good(client.fetch_whole({.url = nginx.http("/packed")}, 100)) == "not gzip at all");
    nginx.serve("weak", std::string(5000, 'x'));
    BOOST_TEST(good(client.fetch_whole({.url = nginx.http("/weak")}, 10'000)) == std::string(5000, 'x'));
}

BOOST_FIXTURE_TEST_CASE(we_say_who_we_are_and_keep_the_connection, World) {
    const auto first = good(client.fetch_whole({.url = nginx.http("/echo")}, 1000));
    BOOST_TEST(first.starts_with("holdfast/" HOLDFAST_VERSION "|identity|"), first);
    good(fetch({.url = url(), .to = 100}));
    BOOST_TEST(good(client.fetch_whole({.url = nginx.http("/echo")}, 1000)) == first);
    Client moved = std::move(client);
    BOOST_TEST(good(moved.fetch_whole({.url = nginx.http("/echo")}, 1000)) == first);
}

BOOST_FIXTURE_TEST_CASE(small_files_come_at_once_and_large_ones_not_at_all, World) {
    nginx.serve("small", "0123456789");
    BOOST_TEST(good(client.fetch_whole({.url = nginx.http("/small")}, 10)) == "0123456789");
    const auto error = bad(client.fetch_whole({.url = nginx.http("/small")}, 9));
    BOOST_TEST((error.code == Code::Corrupt));
    BOOST_TEST(error.what == nginx.http("/small") + ": larger than 9 bytes, refused");
    BOOST_TEST((bad(client.fetch_whole({.url = url(), .from = 1}, 10)).code == Code::Bug));
}

BOOST_FIXTURE_TEST_CASE(the_error_of_the_sink_comes_back, World) {
    const auto error = bad(client.fetch({.url = url()}, [&](const Head&, std::span<const char> piece) -> Result<> {
        got.append(piece.begin(), piece.end());
        if (got.size() > 100'000) return fail(Code::NoSpace, "no room for it");
        return {};
    }));
    BOOST_TEST((error.code == Code::NoSpace));
    BOOST_TEST(error.what == "no room for it");
    BOOST_TEST(big.starts_with(got));
    // And the client is good for more.
    const std::uint64_t from = got.size();
    good(fetch({.url = url(), .from = from}));
    BOOST_TEST((got == big));
}

BOOST_FIXTURE_TEST_CASE(redirects_are_followed_within_reason, World) {
    const Request moved{.url = nginx.http("/moved"), .from = 5, .to = 10};
    BOOST_TEST(good(fetch(moved)).begins_at == 5U);
    BOOST_TEST((got == big.substr(5, 5)));
    BOOST_TEST(refused(nginx.http("/circle")).what.contains("more than 5 redirects"));
    const auto ftp = refused(nginx.http("/to-ftp"));
    BOOST_TEST((ftp.code == Code::Denied));
    BOOST_TEST(ftp.what.contains("'ftp'"));
}

BOOST_FIXTURE_TEST_CASE(no_redirect_leads_out_of_tls, World) {
    const auto ca = nginx.authority().certificate();
    good(fetch({.url = nginx.http("/to-https"), .to = 10, .ca_file = ca}));
    BOOST_TEST((got == big.substr(0, 10)));
    for (const auto& address : {nginx.https("/to-http"), nginx.http("/there-and-back")}) {
        const auto error = bad(fetch({.url = address, .ca_file = ca}));
        BOOST_TEST((error.code == Code::Denied));
        BOOST_TEST(error.what.contains("from https to http"), error.what);
    }
}

BOOST_FIXTURE_TEST_CASE(tls_trusts_the_given_authority_and_no_other, World) {
    const auto ca = nginx.authority().certificate();
    const Authority stranger(nginx.file("stranger"));
    good(fetch({.url = nginx.https("/big"), .from = 10, .to = 20, .ca_file = ca}));
    BOOST_TEST((got == big.substr(10, 10)));
    const auto unknown = refused(nginx.https("/big"));
    BOOST_TEST((unknown.code == Code::Denied));
    BOOST_TEST(unknown.what.contains("certificate"), unknown.what);
    // The connection that is open was made under other trust.
    BOOST_TEST((bad(fetch({.url = nginx.https("/big"), .ca_file = stranger.certificate()})).code == Code::Denied));
    const auto old = bad(fetch({.url = nginx.expired("/big"), .ca_file = ca}));
    BOOST_TEST((old.code == Code::Denied));
    BOOST_TEST(old.what.contains("expired"), old.what);
    std::string by_name = nginx.https("/big");
    by_name.replace(by_name.find("127.0.0.1"), 9, "localhost");
    BOOST_TEST((bad(fetch({.url = by_name, .ca_file = ca})).code == Code::Denied));
    BOOST_TEST((bad(fetch({.url = nginx.https("/big"), .ca_file = nginx.file("none")})).code == Code::Denied));
}

// libcurl looks for authorities in a file and in a folder; both have to go where others are given.
BOOST_FIXTURE_TEST_CASE(the_authorities_of_the_system_count_where_no_other_is_given, World) {
    const auto ca = nginx.authority().certificate();
    const Authority stranger(nginx.file("stranger"));
    const auto hash = good(run_or_fail({"openssl", "x509", "-hash", "-noout", "-in", ca}));
    put(nginx.file("system") / (hash.substr(0, 8) + ".0"), good(read_whole(ca)));
    put(nginx.file("system/ca-certificates.crt"), good(read_whole(stranger.certificate())));
    const PrivateMount system(nginx.file("system"), "/etc/ssl/certs");
    good(fetch({.url = nginx.https("/big"), .to = 10}));
    BOOST_TEST((got == big.substr(0, 10)));
    BOOST_TEST((bad(fetch({.url = nginx.https("/big"), .ca_file = stranger.certificate()})).code == Code::Denied));
}

BOOST_FIXTURE_TEST_CASE(plain_text_on_a_tls_port_is_no_connection, World) {
    std::string address = nginx.http("/big");
    address.replace(0, 4, "https");
    BOOST_TEST((refused(address).code == Code::Offline));
}

BOOST_FIXTURE_TEST_CASE(other_addresses_are_refused_unasked, World) {
    for (const auto* address : {"file:///etc/hostname", "ftp://127.0.0.1/x", "gopher://127.0.0.1/x", "", "127.0.0.1/x",
                                "http://", "http://a b/", "no://127.0.0.1"})
        BOOST_TEST_CONTEXT(address) BOOST_TEST((refused(address).code == Code::Denied));
    BOOST_TEST((refused("http://127.0.0.1/" + std::string(10'000, 'x')).code == Code::Denied));
    BOOST_TEST((bad(fetch({.url = url(), .from = 5, .to = 5})).code == Code::Bug));
    BOOST_TEST((bad(fetch({.url = url(), .from = 5, .if_range = "W/\"weak\""})).code == Code::Bug));
    BOOST_TEST((bad(fetch({.url = url(), .from = 5, .if_range = "\"a\"\r\nX: y"})).code == Code::Bug));
}

BOOST_FIXTURE_TEST_CASE(nobody_there_is_offline, World) {
    std::string place;
    {
        const Listening closed;
        place = closed.place();
    }
    BOOST_TEST((refused("http://" + place + "/big").code == Code::Offline));
    // A name that no resolver is asked about, since it is too long for one.
    BOOST_TEST((refused("http://" + std::string(70, 'x') + "/big").code == Code::Offline));
}

BOOST_FIXTURE_TEST_CASE(secrets_of_an_address_stay_out_of_messages, World) {
    std::string address = nginx.http("/none?token=hunter2");
    address.insert(7, "me:swordfish@");
    const auto error = refused(address);
    BOOST_TEST(error.what.starts_with(nginx.http("/none: ")), error.what);
}

BOOST_AUTO_TEST_CASE(what_everybody_sees_of_an_address_has_no_secret) {
    BOOST_TEST(shown("https://me:swordfish@updates.example:8443/site") == "https://updates.example:8443/site");
    BOOST_TEST(shown("http://token@updates.example/site?key=hunter2#x") == "http://updates.example/site");
    BOOST_TEST(shown("https://updates.example/site") == "https://updates.example/site");
    BOOST_TEST(shown("http://me:sword fish@[::1/site") == "the URL");
    BOOST_TEST(shown("/media/stick@2") == "/media/stick@2");
}

BOOST_FIXTURE_TEST_CASE(a_limit_of_speed_is_kept, World) {
    const auto begun = std::chrono::steady_clock::now();
    good(fetch({.url = url(), .to = 300'000, .bytes_per_second = 150'000}));
    BOOST_TEST((got == big.substr(0, 300'000)));
    BOOST_TEST((std::chrono::steady_clock::now() - begun > std::chrono::milliseconds(1000)));
}

BOOST_FIXTURE_TEST_CASE(threads_have_clients_of_their_own, World) {
    std::array<Result<std::string>, 4> done;
    {
        std::vector<std::jthread> threads;
        for (auto& each : done)
            threads.emplace_back([&] { each = Client().fetch_whole({.url = url()}, 10 * mebibyte); });
    }
    for (auto& each : done) BOOST_TEST((good(each) == big));
}
