#include "programs/sync_line.hpp"

#include "base/json.hpp"
#include "base/when.hpp"
#include "identity/invitation.hpp"
#include "nats/config.hpp"
#include "programs/sync_nats.hpp"
#include "programs/sync_place.hpp"
#include "sync/filling.hpp"
#include "sync/letters.hpp"
#include "tpm/tpm.hpp"

#include <cstdio>
#include <ctime>
#include <random>

namespace holdfast {

namespace {

double chance() {
    std::random_device random;
    return std::uniform_real_distribution(0.0, 1.0)(random);
}

Result<sync::Line> line_of(const Talk& wish, const SyncPlace& box) {
    const auto kept = TRY(enroll::Kept(wish.root).line());
    const std::string address = wish.address.empty() ? kept.value_or("") : wish.address;
    if (address.empty())
        return fail(Code::NotFound,
                    "where the authority is, nobody has said; once: holdfast sync now https://HOST:PORT (sticks need "
                    "none: holdfast sync export DIR)");
    TRY(identity::check_line(address));
    return sync::Line{address, box.identity.authority};
}

// Whether a timer has to wait, as nobody was there before.
Result<bool> is_early(const Talk& wish, sync::Nodes& nodes, const sync::Line& line, std::int64_t now) {
    if (!wish.scheduled) return false;
    const auto trial = TRY(nodes.trial(line.address));
    // A clock that was set back does not keep it away for years.
    return trial.failures > 0 && now < trial.again && trial.again - now < sync::wait_after(trial.failures, 1) + 1;
}

std::unexpected<Error> later(sync::Nodes& nodes, const sync::Line& line, const Error& error, std::int64_t now) {
    auto trial = nodes.trial(line.address).value_or(sync::Nodes::Trial{});
    ++trial.failures;
    trial.again = now + sync::wait_after(trial.failures, chance());
    const auto noted = nodes.note_trial(line.address, trial);
    if (error.code != Code::Offline || !noted) return std::unexpected(error);
    return fail(Code::Busy,
                error.what + " (everything waits here; the timer tries again after " + date(trial.again) + ")");
}

void tell(const Talk& wish, const std::string& address, const sync::Talked& talked) {
    if (wish.json) {
        std::puts(json::write({{"address", address},
                               {"sent", talked.sent},
                               {"new", talked.fresh},
                               {"pieces", talked.pieces},
                               {"bytes", talked.bytes},
                               {"refused", talked.refused},
                               {"left", talked.left}})
                      .c_str());
        return;
    }
    std::printf("%s: %llu segments sent, %llu new ones taken in, %s%llu bytes\n", address.c_str(),
                static_cast<unsigned long long>(talked.sent), static_cast<unsigned long long>(talked.fresh),
                talked.pieces > 0 ? (std::to_string(talked.pieces) + " pieces of snapshots, ").c_str() : "",
                static_cast<unsigned long long>(talked.bytes));
    for (const auto& each : talked.refused) std::fprintf(stderr, "  refused: %s\n", each.c_str());
    if (!talked.left.empty()) std::fprintf(stderr, "%s\n", talked.left.c_str());
}

// One box as it talks, over whatever there is.
class Talker {
public:
    Talker(const Talk& wish, sync::Settings settings, SyncPlace box)
        : wish_(wish), settings_(std::move(settings)), box_(std::move(box)) {
        sites_ = settings_.sites;
        sites_.push_back(box_.identity.id.site);
    }

    // What is due whatever lines there are: what was said is signed, and what no longer fits makes room.
    Result<> tend() {
        const auto own = TRY(box_.own(tpm_, wish_.tcti));
        auto replica = box_.replica();
        TRY(sync::allow_all(replica));
        const auto self = TRY(sync::close_own(replica, own));
        for (const auto& each : TRY(box_.place.feeds.retain(self, settings_.feeds, own.now * 1000)))
            std::fprintf(stderr, "no room for more: records %llu to %llu of %s are gone, which is on record\n",
                         static_cast<unsigned long long>(each.first), static_cast<unsigned long long>(each.next - 1),
                         named(each.feed).c_str());
        return forget(replica, own);
    }

    // Once a day: all of the catalog is looked at.
    Result<> forget(sync::Replica& replica, const sync::Own& own) {
        constexpr std::int64_t day = 86'400;
        constexpr auto task = "forget what is gone";
        const auto before = TRY(box_.nodes.trial(task));
        if (own.now < before.again && before.again - own.now <= day) return {};
        const auto& site = box_.identity.id.site;
        const auto passed = TRY(sync::passed_by_all(replica, own, site));
        TRY(box_.place.catalog.collect(site, passed));
        return box_.nodes.note_trial(task, {0, own.now + day});
    }

    Result<int> by_https() {
        const auto line = TRY(line_of(wish_, box_));
        const std::int64_t now = std::time(nullptr);
        if (TRY(is_early(wish_, box_.nodes, line, now))) return 0;
        const auto own = TRY(box_.own(tpm_, wish_.tcti));
        auto replica = box_.replica();
        http::Client client;
        const auto progress = [&](const sync::Talked& so_far) {
            if (so_far.rounds > 2 && !wish_.json && !wish_.scheduled)
                std::fprintf(stderr, "%llu bytes so far\n", static_cast<unsigned long long>(so_far.bytes));
        };
        const auto talked =
            sync::talk(replica, own, line.address, settings_, sites_, sync::by_https(client, line), progress);
        if (!talked) return later(box_.nodes, line, talked.error(), now);
        TRY(box_.nodes.note_trial(line.address, {}));
        return ended(line.address, *talked);
    }

    // Its server is on this computer; whether the hub's is there, is that one's matter.
    Result<int> by_nats() {
        const auto login = TRY(nats::read_login(wish_.root / nats_folder));
        auto client = TRY(nats::Client::connect(login));
        const auto own = TRY(box_.own(tpm_, wish_.tcti));
        auto replica = box_.replica();
        const auto talked = TRY(sync::post_letters(replica, own, client, settings_, sites_));
        return ended("nats", talked);
    }

private:
    int ended(const std::string& address, const sync::Talked& talked) const {
        tell(wish_, address, talked);
        return talked.refused.empty() ? 0 : exit_code(Code::Denied);
    }
    const Talk& wish_;
    sync::Settings settings_;
    SyncPlace box_;
    std::optional<tpm::Tpm> tpm_;
    std::vector<std::string> sites_;
};

}  // namespace

Result<int> talk_now(const Talk& wish) {
    const auto settings = TRY(sync::load_settings(wish.root));
    const bool asked = !wish.address.empty(), has_line = TRY(enroll::Kept(wish.root).line()).has_value();
    const bool nats = !settings.nats.empty() && !asked;
    // A person who asks for nothing else is told that nobody has said where to.
    const bool https = asked || (settings.https && (has_line || (!nats && !wish.scheduled)));
    if (!https && !nats && !wish.scheduled)
        return fail(Code::NotFound, "no line is wanted here: /etc/holdfast/sync.yaml says https: false");
    auto box = TRY(SyncPlace::open(wish.root));
    Talker talker(wish, settings, std::move(box));
    TRY(talker.tend());
    // One that is away costs the other nothing.
    const auto by_nats = nats ? in("nats", talker.by_nats()) : Result<int>(0);
    const auto by_https = https ? talker.by_https() : Result<int>(0);
    if (!by_https) return by_https;
    if (!by_nats) return by_nats;
    return std::max(*by_https, *by_nats);
}

}  // namespace holdfast
