#include "enroll/join.hpp"

#include "base/crash_point.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

namespace holdfast::enroll {

namespace {

// Whether a request that was made before says what a new one would. Its logs are those of one start, as a rule.
bool says(const Request& kept, const Wish& wish) {
    return kept.site == wish.site && kept.name == wish.name && kept.ticket == wish.ticket &&
           kept.issuing_public.empty() != wish.issuing && kept.escrow.empty() == wish.escrow_to.empty() &&
           kept.running.commit == wish.running.commit && kept.running.slot == wish.running.slot &&
           kept.firmware_log == wish.firmware_log && kept.userspace_log == wish.userspace_log;
}

Result<std::string> request_for(Node& node, tpm::Tpm& tpm, const Wish& wish, std::string& notice) {
    if (auto kept = TRY(node.pending()))
        if (const auto parsed = parse_request(*kept); parsed && says(*parsed, wish)) return *std::move(kept);
    return node.request(tpm, wish, notice);
}

Result<Identity> admitted(Node& node, tpm::Tpm& tpm, const Line& line, const http::Answered& answered,
                          const std::vector<std::string>& reasons) {
    if (answered.status == 200) return node.import(tpm, answered.body, line.fingerprint);
    if (answered.status == 403)
        return fail(Code::Denied, "the authority refuses this box: " + holdfast::join(reasons, "; "));
    return fail(Code::Corrupt, line.url + " answers with status " + std::to_string(answered.status));
}

}  // namespace

Result<Reply> join_once(Node& node, tpm::Tpm& tpm, http::Client& client, const Line& line, const Wish& wish,
                        const std::function<Result<>()>& admitting) {
    Reply reply;
    const auto request = TRY(request_for(node, tpm, wish, reply.notice));
    const auto answered =
        TRY(client.post({.url = line.url + "/v1/enroll", .root_fingerprint = line.fingerprint}, request, answer_limit));
    reply.reasons = reasons_in(answered.body);
    if (answered.status == 202) return reply;
    if (answered.status == 429 || answered.status >= 500)
        return fail(Code::Offline, line.url + " answers with status " + std::to_string(answered.status));
    if (answered.status == 200 && admitting) TRY(admitting());
    auto identity = admitted(node, tpm, line, answered, reply.reasons);
    // It will not be answered otherwise; the next try makes a new one.
    if (!identity) {
        node.drop_pending();
        return std::unexpected(std::move(identity).error());
    }
    reply.identity = *std::move(identity);
    crash_point("join.admitted");
    TRY(node.keep_line(line.url));
    return reply;
}

Result<std::optional<Identity>> joined_before(const Node& node, const Line& line) {
    auto identity = TRY(node.identity());
    if (!identity || !identity->authority.starts_with(line.fingerprint)) return std::nullopt;
    TRY(node.keep_line(line.url));
    return identity;
}

}  // namespace holdfast::enroll
