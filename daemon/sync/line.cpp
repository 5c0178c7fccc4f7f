#include "sync/line.hpp"

#include "base/json.hpp"

#include <algorithm>
#include <cmath>

namespace holdfast::sync {

namespace {

constexpr std::size_t answer_limit = 16UL << 20U, words_limit = 500;
constexpr std::int64_t day = 86'400;

// A word of the authority that is no batch.
Result<Carried> said(const Line& line, const http::Answered& answered) {
    const auto body = json::parse(answered.body, answer_limit);
    const bool has_number =
        body && body->is_object() && body->contains("number") && (*body)["number"].is_number_unsigned();
    if (answered.status == 409 && has_number) return Carried{.bytes = {}, .number = (*body)["number"]};
    const auto words = body ? json::text(*body, "error", words_limit).value_or("") : std::string();
    const std::string what =
        line.address + " answers with status " + std::to_string(answered.status) + (words.empty() ? "" : ": " + words);
    if (answered.status == 429 || answered.status >= 500) return fail(Code::Offline, what);
    return fail(answered.status == 403 ? Code::Denied : Code::Corrupt, what);
}

}  // namespace

std::int64_t wait_after(std::uint64_t failures, double chance) {
    constexpr double first = 60, most = 6 * 3600, least_part = 0.1;
    const double longest =
        std::min(most, first * std::exp2(static_cast<double>(std::min<std::uint64_t>(failures, 20))));
    return std::llround(longest * (least_part + (1 - least_part) * std::clamp(chance, 0.0, 1.0)));
}

Carry by_https(http::Client& client, const Line& line) {
    return [&client, line](std::string_view message) -> Result<Carried> {
        const auto answered = TRY(client.post({.url = line.address + "/v1/sync", .root_fingerprint = line.fingerprint},
                                              message, answer_limit));
        if (answered.status == 200) return Carried{answered.body, 0};
        return said(line, answered);
    };
}

Result<Talked> talk(Replica& replica, const Own& own, const std::string& address, const Settings& settings,
                    const std::vector<std::string>& sites, const Carry& carry,
                    const std::function<void(const Talked&)>& progress) {
    Talked talked;
    const std::int64_t today = own.now / day;
    for (bool more = true; more;) {
        const auto spent = TRY(replica.nodes.spent(today));
        if (settings.a_day > 0 && spent >= settings.a_day) {
            talked.left = "today's " + std::to_string(settings.a_day) + " bytes are used up; the rest goes tomorrow";
            break;
        }
        const auto left = settings.a_day > 0 ? settings.a_day - spent : settings.message;
        const Asking asking{.address = address, .limit = std::min(settings.message, left), .sites = sites};
        const auto heard = TRY(ask(replica, own, asking, carry));
        TRY(replica.nodes.spend(today, heard.out + heard.back));
        ++talked.rounds;
        talked.sent += heard.sent;
        talked.fresh += heard.taken.fresh;
        talked.pieces += heard.taken.pieces;
        talked.bytes += heard.out + heard.back;
        std::ranges::copy(heard.taken.refused, std::back_inserter(talked.refused));
        std::ranges::copy(heard.taken.set_apart, std::back_inserter(talked.set_apart));
        if (progress) progress(talked);
        more = heard.more;
    }
    return talked;
}

}  // namespace holdfast::sync
