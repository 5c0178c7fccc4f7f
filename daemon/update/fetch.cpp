#include "update/fetch.hpp"

#include <algorithm>
#include <limits>

namespace holdfast::update {

namespace {

using content::Intake;

constexpr std::uint64_t head_step = 64UL * 1024;  // most headers are smaller
constexpr unsigned worth_repeating = 2;           // times that a damaged chunk is asked for again

bool enough(const Intake& intake, Until until) {
    return until == Until::Header ? intake.header() != nullptr : intake.whole();
}

class Transfer {
public:
    Transfer(Link& link, const std::string& url, Intake& intake, Until until, const Fetched& progress)
        : link_(link), url_(url), intake_(intake), until_(until), progress_(progress) {}

    Result<> run() {
        while (!enough(intake_, until_)) {
            const std::uint64_t before = intake_.have();
            auto done = once();
            if (progress_) progress_(intake_.have(), intake_.total());
            if (intake_.have() > before) fruitless_ = 0;
            if (done) {
                // A server may send less than it was asked for, but not nothing for ever.
                if (intake_.have() == before) TRY(pause(fail(Code::Offline, "the server sends nothing")));
                continue;
            }
            TRY(mend(std::move(done), before));
        }
        return intake_.sync();
    }

private:
    Result<> once() {
        http::Request request{.url = url_, .from = intake_.have()};
        if (until_ == Until::Header) request.to = intake_.have() + head_step;
        if (intake_.header()) request.to = intake_.total();
        if (link_.spend) limit(request, TRY(link_.spend(0)));
        request.bytes_per_second = link_.bytes_per_second;
        request.ca_file = link_.certificate_authority;
        request.stall = link_.stall;
        request.stop = link_.stop;
        const std::uint64_t from = intake_.have();
        std::uint64_t skip = 0;
        bool begun = false;
        const auto fetched =
            link_.client.fetch(request, [&](const http::Head& head, std::span<const char> bytes) -> Result<> {
                // A server without ranges sends all of it again.
                if (!std::exchange(begun, true)) skip = from - std::min(head.begins_at, from);
                return take(bytes, skip);
            });
        if (fetched) return {};
        return std::unexpected(fetched.error());
    }

    // No more is asked for than the day's budget pays: what is under way when a transfer is broken off is lost.
    static void limit(http::Request& request, std::uint64_t left) {
        if (left < request.to.value_or(std::numeric_limits<std::uint64_t>::max()) - request.from)
            request.to = request.from + left;
    }

    Result<> take(std::span<const char> bytes, std::uint64_t& skip) {
        if (link_.spend) TRY(link_.spend(bytes.size()));
        const auto over = std::min<std::uint64_t>(skip, bytes.size());
        skip -= over;
        std::string_view fresh(bytes.data() + over, bytes.size() - over);
        if (intake_.whole()) return {};
        // With a server that cannot send parts more may come than was asked for.
        if (intake_.header()) fresh = fresh.substr(0, intake_.total() - intake_.have());
        TRY(intake_.add(fresh));
        if (progress_) progress_(intake_.have(), intake_.total());
        return {};
    }

    Result<> mend(Result<> broken, std::uint64_t before) {
        if (enough(intake_, until_)) return {};
        switch (broken.error().code) {
            case Code::Offline: return pause(std::move(broken));
            case Code::Corrupt:
            case Code::Denied: return again(std::move(broken), before);
            default: return told(std::move(broken));
        }
    }

    // What came was wrong. It may have been damaged on the way, or the file was replaced while we fetched it: then it
    // is begun anew, once. A head that nobody signed is not asked for twice.
    Result<> again(Result<> broken, std::uint64_t before) {
        const bool nothing = intake_.have() == 0 && before == 0;
        if (nothing && broken.error().code == Code::Denied) return told(std::move(broken));
        if (++repeated_ <= worth_repeating) return {};
        if (nothing || std::exchange(begun_anew_, true)) return told(std::move(broken));
        repeated_ = 0;
        return intake_.restart();
    }

    Result<> pause(Result<> broken) {
        if (++fruitless_ > link_.patience) return told(std::move(broken));
        if (fruitless_ == 1 && intake_.have() > paused_at_) {
            // It broke, but something came: the line is alive.
            paused_at_ = intake_.have();
            return {};
        }
        const auto asked = link_.client.retry_after().value_or(std::chrono::seconds(0));
        return link_.wait(back_off(fruitless_, link_.random ? link_.random() : 1, asked));
    }

    // The fetcher names what it fetched; whoever looked into the bytes does not know.
    Result<> told(Result<> broken) const {
        const std::string place = http::shown(url_);
        return broken.error().what.contains(place) ? broken : in(place, std::move(broken));
    }

    Link& link_;
    const std::string& url_;
    Intake& intake_;
    Until until_;
    const Fetched& progress_;
    unsigned fruitless_ = 0, repeated_ = 0;
    std::uint64_t paused_at_ = 0;
    bool begun_anew_ = false;
};

}  // namespace

Result<> fetch(Link& link, const std::string& url, Intake& intake, Until until, const Fetched& progress) {
    return Transfer(link, url, intake, until, progress).run();
}

std::chrono::milliseconds back_off(unsigned fruitless, double random, std::chrono::seconds asked) {
    using namespace std::chrono_literals;
    const auto doubled = std::min<std::chrono::milliseconds>(1s * (1U << std::min(fruitless, 12U)) / 2, 5min);
    const auto jittered = std::chrono::milliseconds(
        static_cast<std::int64_t>(static_cast<double>(doubled.count()) * (0.5 + 0.5 * std::clamp(random, 0.0, 1.0))));
    return std::clamp<std::chrono::milliseconds>(asked, jittered, std::max<std::chrono::milliseconds>(1h, jittered));
}

}  // namespace holdfast::update
