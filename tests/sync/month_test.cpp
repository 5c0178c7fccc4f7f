// A month of three boxes and a hub: real processes in network namespaces with real NATS servers, in weather that loses,
// doubles, delays and disorders what is sent, with lines that are cut for days, clocks that differ, and kills of
// everything at any time. Then all catalogs are the same, byte for byte, every feed verifies, and nothing is missing of
// what was acknowledged. HOLDFAST_SEEDS="1 2 3" and HOLDFAST_DAYS=30 choose other months.
#include "net/listening.hpp"
#include "net/weather.hpp"
#include "sync/fleet.hpp"

#include <cstdlib>
#include <random>
#include <sstream>

using namespace holdfast;
using namespace holdfast::test;
namespace fs = std::filesystem;
using std::chrono::milliseconds;

namespace {

constexpr std::int64_t day = 86'400;
constexpr auto hub_address = "https://10.9.0.1:8443";

std::vector<unsigned> seeds() {
    const char* words = std::getenv("HOLDFAST_SEEDS");
    std::istringstream all(words ? words : "1");
    std::vector<unsigned> numbers;
    for (unsigned each = 0; all >> each;) numbers.push_back(each);
    return numbers;
}

int days() {
    const char* words = std::getenv("HOLDFAST_DAYS");
    return words ? std::atoi(words) : 30;
}

// Something that is started again when it was killed.
class Service {
public:
    Service(const Computer& computer, Arguments words, fs::path log)
        : computer_(computer), words_(std::move(words)), log_(std::move(log)) {
        start();
    }
    // How it ended, where nobody has killed it.
    std::optional<int> ended() { return child_->wait(milliseconds(0)); }
    void kill_and_start() {
        ::kill(child_->pid(), SIGKILL);
        child_->wait(std::chrono::seconds(10));
        start();
    }

private:
    void start() { child_.emplace(computer_.start(words_, log_)); }
    const Computer& computer_;
    Arguments words_;
    fs::path log_;
    std::optional<Child> child_;
};

struct Hub : Computer {
    fs::path folder;
    std::string fingerprint;
    explicit Hub(const fs::path& where)
        : folder(where), fingerprint(make_hub(folder, std::time(nullptr) - day).fingerprint()) {}
    Arguments command(const std::string& verb, const Arguments& words) const {
        Arguments all{program_path("hub"), "--state", folder.string(), verb};
        all.insert(all.end(), words.begin(), words.end());
        return all;
    }
};

// What a place says of its catalog and its feeds.
struct Told {
    std::string catalog;
    std::map<std::string, std::uint64_t> records;  // by node, of its catalog's feed
    friend bool operator==(const Told&, const Told&) = default;
};

Told tell(const Computer& computer, const fs::path& root) {
    const auto program = [&](const std::string& which, Arguments words) {
        words.insert(words.begin(), program_path(which));
        words.insert(words.end(), {"--root", root.string()});
        return done_well(computer.run_there(words));
    };
    Told told{program("catalog", {"list", "--json"}), {}};
    for (const auto& each : Json::parse(program("feed", {"list", "--class", "catalog", "--json"})))
        told.records[each.at("node")] = each.at("signed");
    return told;
}

class Month {
public:
    explicit Month(unsigned seed, bool stick_only) : random_(seed), stick_only_(stick_only) {
        BOOST_TEST_MESSAGE("seed " << seed << (stick_only ? ", a stick alone" : ", lines and a stick"));
        for (unsigned i = 0; i < 4; ++i) stations_.emplace_back(i == 0 ? 1 : 10 + i);
        wire_.emplace(std::vector<const Station*>{&stations_[0], &stations_[1], &stations_[2], &stations_[3]}, seed);
        hub_.inside = stations_[0].inside();
        good(make_directories(stick_));
        for (unsigned i = 1; i < 4; ++i) {
            boxes_.push_back(
                std::make_unique<FleetBox>(scratch_.path(), "box-" + std::to_string(i), hub_.folder, hub_.fingerprint,
                                           "https: false\nmessage: 64K\nnats: [\"tls://10.9.0.1:7422\"]\n"));
            boxes_.back()->inside = stations_[i].inside();
            acknowledged_["spiffe://clinic.example/site/north/box/box-" + std::to_string(i)] = 0;
        }
        // Its number and its papers are made when they are first needed.
        done_well(hub_.run_there(hub_.command("nodes", {})));
        if (!stick_only_) start();
    }

    void live(int length) {
        for (int today = 0; today < length; ++today) {
            for (unsigned i = 0; i < 4; ++i) wire_->set(i, weather());
            hub_.ahead = today * day;
            // Clocks of boxes differ by half a day, and stand still where somebody set them wrong.
            for (auto& each : boxes_) each->ahead = today * day + below(day) - day / 2;
            if (!stick_only_ && below(5) == 0) hub_service_->kill_and_start();
            if (!stick_only_ && below(5) == 0) servers_[below(servers_.size())].kill_and_start();
            for (auto& each : boxes_) spend_day(*each);
        }
    }

    void come_together() {
        for (unsigned i = 0; i < 4; ++i) wire_->set(i, {});
        BOOST_TEST_MESSAGE("frames carried " << wire_->carried() << ", lost " << wire_->lost() << "; killed "
                                             << kills_);
        const auto until = std::chrono::steady_clock::now() + std::chrono::minutes(6);
        do {
            for (std::size_t i = 0; i < boxes_.size(); ++i) {
                if (stick_only_)
                    carry(*boxes_[i], i);
                else
                    talk(*boxes_[i], i == 0, std::chrono::minutes(1));
            }
        } while (!is_same() && std::chrono::steady_clock::now() < until);
        check();
    }

private:
    std::int64_t below(std::int64_t limit) {
        return std::uniform_int_distribution<std::int64_t>(0, limit - 1)(random_);
    }

    void start() {
        done_well(hub_.run_there(hub_.command("nats-config", {"--host", "10.9.0.1", "--listen", "10.9.0.1"})));
        for (auto& each : boxes_) done_well(each->with_tpm("sync", {"nats-config"}));
        const auto log = [this](const std::string& name) { return scratch_.path() / (name + ".log"); };
        servers_.emplace_back(hub_, Arguments{"nats-server", "-c", (hub_.folder / "nats/server.conf").string()},
                              log("nats-hub"));
        for (auto& each : boxes_)
            servers_.emplace_back(
                *each, Arguments{"nats-server", "-c", (each->root() / "run/holdfast/nats/server.conf").string()},
                log("nats-" + each->name()));
        hub_service_.emplace(
            hub_, hub_.command("serve", {"--host", "10.9.0.1", "--listen", "10.9.0.1", "--port", "8443"}), log("hub"));
    }

    Weather weather() {
        Weather today;
        today.cut = below(4) == 0;
        today.loss = 0.01 * static_cast<double>(below(10));
        today.twice = 0.01 * static_cast<double>(below(6));
        today.late = 0.01 * static_cast<double>(below(15));
        today.delay = milliseconds(below(40));
        today.bytes_per_second = static_cast<std::uint64_t>(20'000 + below(400'000));
        return today;
    }

    void spend_day(FleetBox& box) {
        for (auto edits = below(3); edits > 0; --edits) write(box);
        if (stick_only_) {
            if (below(2) == 0) carry(box, 0);
            return;
        }
        if (below(3) > 0) talk(box, below(2) == 0, milliseconds(below(4) == 0 ? 50 + below(600) : 8000));
        if (below(8) == 0) carry(box, 0);
    }

    // A word of a person, who may lose patience.
    void write(FleetBox& box) {
        const std::string name = "part-" + std::to_string(below(8));
        if (below(6) == 0) {
            const auto gone = box.without("catalog", {"delete", "component:" + name});
            acknowledged(box, gone);
            return;
        }
        const auto file = scratch_.path() / "catalog-info.yaml";
        put(file, "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: " + name + ", description: '" +
                      std::to_string(below(1'000'000)) + "', labels: {by: " + box.name() +
                      "}}\nspec: {type: service, lifecycle: production, owner: team-" + std::to_string(below(3)) +
                      "}\n");
        acknowledged(box, box.without("catalog", {"apply", file.string()}));
    }
    void acknowledged(const FleetBox& box, const Finished& done) {
        BOOST_REQUIRE_MESSAGE(done.exit == 0 || done.errors.contains("there is no"), done.errors);
        // What was the case already, is no news.
        if (done.exit == 0 && !done.output.contains("unchanged") && !done.output.contains("as it was"))
            ++acknowledged_["spiffe://clinic.example/site/north/box/" + box.name()];
    }

    void talk(FleetBox& box, bool https, milliseconds patience) {
        Arguments words{"now"};
        if (https) words.emplace_back(hub_address);
        const auto done = box.with_tpm("sync", words, patience);
        if (done.timed_out) {
            ++kills_;
            return;
        }
        if (done.exit != 0) BOOST_TEST_MESSAGE(box.name() << " " << done.exit << " " << done.errors);
        const bool away = done.exit == 75 || done.exit == 69 || done.exit == 65;
        BOOST_REQUIRE_MESSAGE(done.exit == 0 || away, done.exit << " " << done.errors);
    }

    // A stick goes to that box, which writes and reads, and then lies around.
    void carry(FleetBox& box, std::size_t) {
        const auto out = box.with_tpm("sync", {"export", stick_.string(), "--all"});
        BOOST_REQUIRE_MESSAGE(out.exit == 0, out.errors);
        const auto in = box.with_tpm("sync", {"import", stick_.string(), "--from-the-future"});
        BOOST_REQUIRE_MESSAGE(in.exit == 0, in.errors);
        // Where nobody sees the hub otherwise, the stick goes there as well.
        if (!stick_only_) return;
        Arguments words{program_path("sync"), "import", stick_.string(),
                        "--from-the-future",  "--root", hub_.folder.string()};
        done_well(hub_.run_there(words));
    }

    bool is_same() {
        const Told first = tell(hub_, hub_.folder);
        for (const auto& each : boxes_)
            if (tell(*each, each->root()) != first) return false;
        for (const auto& [node, count] : acknowledged_)
            if (first.records.contains(node) ? first.records.at(node) < count : count > 0) return false;
        return true;
    }

    void check() {
        if (hub_service_) BOOST_TEST(hub_service_->ended().value_or(-1) == -1);
        for (auto& each : servers_) BOOST_TEST(each.ended().value_or(-1) == -1);
        for (const auto& each : fs::directory_iterator(scratch_.path()))
            if (each.path().extension() == ".log")
                BOOST_TEST_MESSAGE(each.path() << "\n" << good(read_whole(each.path())).substr(0, 3000));
        const Told first = tell(hub_, hub_.folder);
        BOOST_TEST(first.catalog.size() > 1000U);
        for (const auto& each : boxes_) {
            const Told told = tell(*each, each->root());
            BOOST_TEST(told.catalog == first.catalog, each->name());
            for (const auto& [node, count] : acknowledged_) BOOST_TEST(told.records.at(node) == count, node);
            const auto verified = each->without("feed", {"verify"});
            BOOST_TEST(verified.exit == 0, verified.output);
        }
        const auto verified = hub_.run_there({program_path("feed"), "verify", "--root", hub_.folder.string()});
        BOOST_TEST(verified.exit == 0, verified.output);
    }

    std::mt19937 random_;
    bool stick_only_;
    Scratch scratch_ = good(Scratch::make("month"));
    fs::path stick_ = scratch_.path() / "stick";
    Hub hub_{scratch_.path() / "hub"};
    std::vector<Station> stations_;
    std::vector<std::unique_ptr<FleetBox>> boxes_;
    std::map<std::string, std::uint64_t> acknowledged_;
    std::optional<Wire> wire_;
    std::vector<Service> servers_;
    std::optional<Service> hub_service_;
    unsigned kills_ = 0;
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_month_over_lines_that_fail_ends_alike_everywhere) {
    for (const auto seed : seeds()) {
        Month month(seed, false);
        month.live(days());
        month.come_together();
    }
}

BOOST_AUTO_TEST_CASE(a_month_with_a_stick_alone_ends_alike_everywhere) {
    for (const auto seed : seeds()) {
        Month month(seed, true);
        month.live(days());
        month.come_together();
    }
}
