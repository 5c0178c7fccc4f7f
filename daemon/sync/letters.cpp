#include "sync/letters.hpp"

#include "base/text.hpp"
#include "sync/message.hpp"

#include <algorithm>

namespace holdfast::sync {

namespace {

constexpr auto up = "holdfast.up.", down = "holdfast.down.", sent = "UP", came = "DOWN", boxes = "BOXES",
               reader = "holdfast", address = "nats";
constexpr std::int64_t patience = 6LL * 3600, day = 86'400, down_bytes = 64LL << 20U, hub_bytes = 4LL << 30U;
constexpr std::size_t digits = 16;
constexpr int some = 16;  // letters at a time

// The farther of both.
void go_on(Vector& to, const Vector& other) {
    for (const auto& [feed, next] : other) to[feed] = std::max(to[feed], next);
}

void add(Talked& talked, Imported& taken) {
    talked.fresh += taken.fresh;
    talked.pieces += taken.pieces;
    std::ranges::move(taken.refused, std::back_inserter(talked.refused));
    std::ranges::move(taken.set_apart, std::back_inserter(talked.set_apart));
}

class Post {
public:
    Post(Replica& replica, const Own& own, nats::Client& client, const Settings& settings,
         const std::vector<std::string>& sites)
        : replica_(replica), own_(own), client_(client), settings_(settings), sites_(sites) {}

    Result<Talked> run() {
        self_ = TRY(close_own(replica_, own_));
        for (const auto& each : box_streams(letter_name(self_), settings_.letters)) TRY(client_.need(each));
        posted_ = TRY(replica_.nodes.posted(address));
        TRY(take());
        TRY(post());
        return std::move(talked_);
    }

private:
    bool is_answered() const { return posted_.number == 0; }
    Result<> take() {
        while (true) {
            auto letters = TRY(client_.take(came, reader, some, std::chrono::milliseconds(300)));
            for (auto& each : letters) TRY(take(each));
            if (letters.empty()) return {};
        }
    }
    Result<> take(nats::Letter& letter) {
        TRY(spend(letter.bytes.size()));
        auto taking = take_answer(replica_, own_, address, letter.bytes);
        if (taking) {
            add(talked_, taking->done);
            if (taking->reply == posted_.number) TRY(answered());
        } else if (taking.error().code == Code::Denied || taking.error().code == Code::Corrupt) {
            talked_.refused.push_back(taking.error().what);
        } else {
            return std::unexpected(taking.error());
        }
        return letter.done();
    }
    // Letters come in their order, so all before it have been read there, too.
    Result<> answered() {
        TRY(client_.drop(sent, posted_.sequence));
        posted_ = {};
        return replica_.nodes.note_posted(address, posted_);
    }
    Result<> spend(std::uint64_t bytes) {
        talked_.bytes += bytes;
        return replica_.nodes.spend(own_.now / day, bytes);
    }
    Result<bool> is_spent() {
        if (settings_.a_day == 0 || TRY(replica_.nodes.spent(own_.now / day)) < settings_.a_day) return false;
        talked_.left = "today's " + std::to_string(settings_.a_day) + " bytes are used up; the rest goes tomorrow";
        return true;
    }
    // What is on its way is not said again before its time.
    Result<> post() {
        const Vector here = TRY(have(replica_.feeds));
        const auto told = TRY(known_of(replica_, address));
        const bool patient = !is_answered() && own_.now >= posted_.at && own_.now - posted_.at < patience;
        Vector there = told.value_or(Vector());
        if (patient) go_on(there, posted_.reached);
        bool more = true;
        for (bool first = true; more && !TRY(is_spent()); first = false) {
            const Wanted lacks = told ? wanted(here, {there}) : Wanted();
            if (lacks.empty() && (!first || patient)) return {};
            const auto message = TRY(write(lacks, here));
            go_on(there, message.reached);
            more = told && !wanted(here, {there}).empty();
        }
        return {};
    }
    Result<Message> write(const Wanted& lacks, const Vector& here) {
        const auto number = TRY(replica_.nodes.next_number(self_, own_.now));
        const Opening opening =
            TRY(asking(replica_, self_, {.limit = settings_.message, .sites = sites_, .begun = {}}));
        auto message =
            TRY(write_message(replica_, own_, {self_, own_.now, number}, lacks, here, settings_.message, opening));
        posted_.sequence = TRY(client_.put(up + letter_name(self_), message.bytes));
        posted_.number = number;
        posted_.at = own_.now;
        go_on(posted_.reached, message.reached);
        TRY(replica_.nodes.note_posted(address, posted_));
        talked_.sent += message.segments;
        ++talked_.rounds;
        TRY(spend(message.bytes.size()));
        return message;
    }
    Replica& replica_;
    const Own& own_;
    nats::Client& client_;
    const Settings& settings_;
    const std::vector<std::string>& sites_;
    Digest self_{};
    Nodes::Posted posted_;
    Talked talked_;
};

}  // namespace

std::string letter_name(const Digest& origin) {
    return "box-" + hex(origin).substr(0, digits);
}

std::vector<nats::Stream> box_streams(const std::string& name, std::int64_t bytes) {
    return {{.name = sent, .subjects = {up + name}, .sources = {}, .full = nats::Full::RefuseNew, .bytes = bytes},
            {.name = came,
             .subjects = {},
             .sources = {{.stream = came, .domain = "hub", .filter = down + name}},
             .full = nats::Full::DropOldest,
             .bytes = down_bytes}};
}

// An answer that is dropped is asked for again.
std::vector<nats::Stream> hub_streams(const std::vector<std::string>& all) {
    constexpr std::int64_t answers = 64;
    nats::Stream from{.name = boxes, .subjects = {}, .sources = {}, .full = nats::Full::DropOldest, .bytes = hub_bytes};
    for (const auto& each : all) from.sources.push_back({.stream = sent, .domain = each, .filter = {}});
    return {from,
            {.name = came,
             .subjects = {std::string(down) + "*"},
             .sources = {},
             .full = nats::Full::DropOldest,
             .bytes = hub_bytes,
             .per_subject = answers}};
}

Result<Talked> post_letters(Replica& replica, const Own& own, nats::Client& client, const Settings& settings,
                            const std::vector<std::string>& sites) {
    return Post(replica, own, client, settings, sites).run();
}

Result<Talked> answer_letters(nats::Client& client, const Answerer& answer, std::chrono::milliseconds wait) {
    Talked talked;
    for (auto& letter : TRY(client.take(boxes, reader, some, wait))) {
        auto said = answer(letter.bytes);
        const bool its_fault = !said && (said.error().code == Code::Denied || said.error().code == Code::Corrupt);
        if (!said && !its_fault) return std::unexpected(said.error());
        if (its_fault) talked.refused.push_back(said.error().what);
        if (said) {
            ++talked.rounds;
            add(talked, said->taken);
            const auto to = said->taken.sender;
            if (!said->carried.bytes.empty()) TRY(client.put(down + letter_name(to), said->carried.bytes));
        }
        TRY(letter.done());
    }
    return talked;
}

}  // namespace holdfast::sync
