// Backstage's own client, unmodified, against a box's catalog.
#include "base/process.hpp"
#include "base/scratch.hpp"
#include "catalog/author.hpp"
#include "feed/test_node.hpp"
#include "portal/portal.hpp"

#include <csignal>
#include <future>
#include <httplib.h>

using namespace holdfast;
using feed::TestNode, test::good;

namespace {

Json component(int number) {
    Json made{
        {"apiVersion", "backstage.io/v1alpha1"},
        {"kind", "Component"},
        {"metadata", {{"name", "part-" + std::to_string(number)}, {"annotations", {{"a.b/c", "kept"}}}}},
        {"spec", {{"type", number % 2 == 0 ? "job" : "service"}, {"lifecycle", "production"}, {"owner", "team"}}}};
    if (number == 4) made["metadata"]["description"] = "Moves WATER about";
    return made;
}

// A catalog of ten parts and their team, served on a port and a socket.
class Served {
public:
    Served() {
        sigset_t ends;
        sigemptyset(&ends);
        sigaddset(&ends, SIGTERM);
        sigaddset(&ends, SIGINT);
        pthread_sigmask(SIG_BLOCK, &ends, nullptr);
        good(catalog_.allow(node_.origin(), "north"));
        const catalog::Author author{catalog_, feeds_, node_.origin(), "north", 1'790'000'000'000};
        for (int i = 0; i < 10; ++i) good(author.apply(component(i)));
        good(author.apply({{"apiVersion", "backstage.io/v1alpha1"},
                           {"kind", "Group"},
                           {"metadata", {{"name", "team"}}},
                           {"spec", {{"type", "team"}, {"children", Json::array()}}}}));
        thread_ = std::thread([this] {
            const auto done = portal::serve(catalog_, feeds_, {.address = "127.0.0.1", .port = 0, .socket = socket},
                                            [this](int bound) { port_.set_value(bound); });
            BOOST_TEST(done.has_value());
        });
        port = port_.get_future().get();
    }
    Served(const Served&) = delete;
    Served& operator=(const Served&) = delete;
    ~Served() {
        ::kill(::getpid(), SIGTERM);
        thread_.join();
    }
    std::string url() const { return "http://127.0.0.1:" + std::to_string(port) + "/api/catalog"; }

private:
    Scratch scratch_ = good(Scratch::make("client"));
    TestNode node_;
    feed::Store feeds_ = good(feed::Store::open(scratch_.path() / "feeds.db"));
    catalog::Store catalog_ = good(catalog::Store::open(scratch_.path() / "catalog.db"));
    std::promise<int> port_;
    std::thread thread_;

public:
    std::filesystem::path socket = scratch_.path() / "catalog.sock";
    int port = 0;
};

Json parts(std::initializer_list<int> numbers) {
    Json all = Json::array();
    for (const int each : numbers) all.push_back("Component:north/part-" + std::to_string(each));
    return all;
}

}  // namespace

BOOST_AUTO_TEST_CASE(backstage_s_client_lists_queries_counts_and_looks_up) {
    const Served served;
    const auto ran = good(run_or_fail({HOLDFAST_NODE, HOLDFAST_CLIENT, served.url()}));
    const Json told = Json::parse(ran);
    BOOST_TEST(told.at("all").size() == 11U);
    BOOST_TEST(told.at("components") == parts({9, 8, 7, 6, 5, 4, 3, 2, 1, 0}));
    BOOST_TEST(told.at("either") ==
               (Json::array({"Component:north/part-0", "Component:north/part-2", "Component:north/part-4",
                             "Component:north/part-6", "Component:north/part-8", "Group:north/team"})));
    BOOST_TEST(told.at("described") == parts({4}));
    BOOST_TEST(told.at("part") ==
               Json::parse(R"([{"metadata": {"name": "part-0", "annotations": {"a.b/c": "kept"}}}])"));
    BOOST_TEST(told.at("refs") == (Json::array({"Component:north/part-1", nullptr, "Group:north/team"})));
    BOOST_TEST(told.at("refsFiltered") == (Json::array({"Component:north/part-1", nullptr})));
    BOOST_TEST(told.at("one").at("relations").size() == 10U);
    BOOST_TEST(told.at("one").at("metadata").at("namespace") == "north");
    BOOST_TEST(told.at("none") == nullptr);
    BOOST_TEST(told.at("pages").at("total") == 10);
    BOOST_TEST(told.at("pages").at("all") ==
               (Json::array({parts({0, 1, 2}), parts({3, 4, 5}), parts({6, 7, 8}), parts({9})})));
    BOOST_TEST(told.at("pages").at("back") == parts({6, 7, 8}));
    BOOST_TEST(told.at("ordered").at("all") ==
               (Json::array({parts({1, 3, 5, 7}), parts({9, 0, 2, 4}), parts({6, 8})})));
    BOOST_TEST(told.at("ordered").at("back") == parts({9, 0, 2, 4}));
    BOOST_TEST(told.at("words") == parts({4}));
    BOOST_TEST(told.at("predicate").at("all") == (Json::array({parts({0, 2}), parts({4, 6}), parts({8})})));
    BOOST_TEST(told.at("facets").at("facets").at("spec.type") ==
               Json::parse(R"([{"value": "job", "count": 5}, {"value": "service", "count": 5}])"));
    BOOST_TEST(told.at("facetsOfQuery").at("facets").at("spec.type").size() == 2U);
    BOOST_TEST(told.at("streamed") == 11);
}

BOOST_AUTO_TEST_CASE(backstage_s_client_is_told_what_is_wrong_in_its_own_words) {
    const Served served;
    const auto ran = good(run_or_fail({HOLDFAST_NODE, HOLDFAST_CLIENT, served.url()}));
    const Json told = Json::parse(ran);
    BOOST_TEST(told.at("valid").at("valid") == true);
    BOOST_TEST(told.at("invalid").at("valid") == false);
    BOOST_TEST(told.at("invalid").at("errors").at(0).at("message").get<std::string>().contains("is it Group?"));
    BOOST_TEST(told.at("refused").get<std::string>().contains("$not is not known here"), told.at("refused"));
    BOOST_TEST(!told.at("written").get<std::string>().empty());
}

BOOST_AUTO_TEST_CASE(the_socket_answers_too_and_names_from_elsewhere_get_nothing) {
    const Served served;
    httplib::Client by_socket(served.socket.string());
    by_socket.set_address_family(AF_UNIX);
    const auto found = by_socket.Get("/api/catalog/entities/by-name/component/north/part-3", {{"Host", "localhost"}});
    BOOST_REQUIRE(found);
    BOOST_TEST(found->status == 200);
    BOOST_TEST(Json::parse(found->body).at("spec").at("type") == "service");
    httplib::Client by_port("127.0.0.1", served.port);
    const auto named = by_port.Get("/api/catalog/entities", {{"Host", "evil.example"}});
    BOOST_REQUIRE(named);
    BOOST_TEST(named->status == 403);
    const auto written = by_port.Delete("/api/catalog/entities/by-uid/x");
    BOOST_REQUIRE(written);
    BOOST_TEST(written->status == 405);
    const auto large = by_port.Post("/api/catalog/entities/by-refs", std::string(2 << 20, ' '), "application/json");
    BOOST_TEST((!large || large->status == 413));
}
