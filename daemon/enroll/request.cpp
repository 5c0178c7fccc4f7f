#include "enroll/request.hpp"

#include "base/cbor.hpp"
#include "identity/escrow.hpp"

#include <algorithm>

namespace holdfast::enroll {

namespace {

constexpr std::uint64_t format = 1;
constexpr std::size_t key_limit = 1024, statement_limit = 2048, certificate_limit = 8192, text_limit = 256;
constexpr std::size_t log_limit = 128UL * 1024;

Json attested(const tpm::Attested& from) {
    return {{"statement", cbor::binary(from.statement)}, {"signature", cbor::binary(from.signature)}};
}

Json all_but_the_quote(const Request& r) {
    Json pcrs = Json::array();
    for (const auto& [number, value] : r.pcrs)
        pcrs.push_back({number, cbor::binary({reinterpret_cast<const char*>(value.data()), value.size()})});
    Json whole{{"format", format},
               {"kind", r.kind == Kind::Request ? "request" : "evidence"},
               {"site", r.site},
               {"name", r.name},
               {"ticket", r.ticket},
               {"time", r.time},
               {"running",
                {{"ref", r.running.ref},
                 {"version", r.running.version},
                 {"commit", r.running.commit},
                 {"slot", r.running.slot ? std::string(1, r.running.slot) : ""}}},
               {"ek",
                {{"type", r.ek_type == tpm::EkType::Rsa2048 ? "rsa2048" : "p256"},
                 {"public", cbor::binary(r.ek_public)},
                 {"certificate", cbor::binary(r.ek_certificate)}}},
               {"attestation", cbor::binary(r.attestation_public)},
               {"device", cbor::binary(r.device_public)},
               {"certified", attested(r.certified)},
               {"issuing", cbor::binary(r.issuing_public)},
               {"issuing-certified", attested(r.issuing_certified)},
               {"pcrs", pcrs},
               {"firmware-log", cbor::binary(r.firmware_log)},
               {"userspace-log", cbor::binary(r.userspace_log)}};
    if (!r.escrow.empty()) whole["escrow"] = cbor::binary(r.escrow);
    return whole;
}

Result<const Json*> map_in(const Json& value, const char* key, const std::vector<std::string_view>& known) {
    const auto found = value.find(key);
    if (found == value.end()) return fail(Code::Corrupt, std::string(key) + ": is missing");
    TRY(in(key, json::only(*found, known)));
    return &*found;
}

Result<tpm::Attested> parse_attested(const Json& value, const char* key) {
    const Json* found = TRY(map_in(value, key, {"statement", "signature"}));
    const std::string statement = TRY(in(key, cbor::bytes(*found, "statement", statement_limit)));
    return tpm::Attested{statement, TRY(in(key, cbor::bytes(*found, "signature", statement_limit)))};
}

Result<tpm::Pcrs> parse_pcrs(const Json& value) {
    const auto found = value.find("pcrs");
    if (found == value.end() || !found->is_array() || found->size() > 24)
        return fail(Code::Corrupt, "pcrs: must be a list of 24 at most");
    tpm::Pcrs pcrs;
    for (const auto& each : *found) {
        if (!each.is_array() || each.size() != 2 || !each[0].is_number_unsigned() || each[0] >= 24U ||
            !each[1].is_binary() || each[1].get_binary().size() != sizeof(Digest))
            return fail(Code::Corrupt, "pcrs: must be pairs of number and SHA-256 value");
        std::ranges::copy(each[1].get_binary(), pcrs[each[0].get<unsigned>()].begin());
    }
    if (pcrs.size() != found->size()) return fail(Code::Corrupt, "pcrs: one of them twice");
    return pcrs;
}

Result<Running> parse_running(const Json& value) {
    const Json* found = TRY(map_in(value, "running", {"ref", "version", "commit", "slot"}));
    Running running;
    running.ref = TRY(json::text(*found, "ref", text_limit));
    running.version = TRY(json::text(*found, "version", text_limit));
    running.commit = TRY(json::text(*found, "commit", 64));
    const std::string slot = TRY(json::text(*found, "slot", 1));
    if (!slot.empty() && slot != "a" && slot != "b") return fail(Code::Corrupt, "slot: must be a or b");
    running.slot = slot.empty() ? '\0' : slot.front();
    return running;
}

Result<> parse_endorsement(const Json& value, Request& into) {
    const Json* found = TRY(map_in(value, "ek", {"type", "public", "certificate"}));
    const std::string type = TRY(json::text(*found, "type", 16));
    if (type != "rsa2048" && type != "p256") return fail(Code::Corrupt, "ek: type: must be rsa2048 or p256");
    into.ek_type = type == "p256" ? tpm::EkType::EccP256 : tpm::EkType::Rsa2048;
    into.ek_public = TRY(in("ek", cbor::bytes(*found, "public", key_limit)));
    into.ek_certificate = TRY(in("ek", cbor::bytes(*found, "certificate", certificate_limit)));
    return {};
}

Result<std::string> parse_name(const Json& value, const char* key) {
    std::string name = TRY(json::text(value, key, identity::label_limit));
    if (name.empty() || identity::is_label(name)) return name;
    return fail(Code::Corrupt,
                std::string(key) + ": '" + name + "' is no name; small letters, digits and hyphens, 63 at most");
}

Result<Request> parse(std::string_view bytes, Kind kind) {
    const Json whole = TRY(cbor::parse(bytes, request_limit));
    TRY(json::only(whole, {"format", "kind", "site", "name", "ticket", "time", "running", "ek", "attestation", "device",
                           "certified", "issuing", "issuing-certified", "escrow", "quote", "pcrs", "firmware-log",
                           "userspace-log"}));
    const std::string is = TRY(json::text(whole, "kind", 16)), wanted = kind == Kind::Request ? "request" : "evidence";
    if (is != wanted) return fail(Code::Corrupt, "this is no " + wanted);
    if (const auto version = TRY(cbor::count(whole, "format")); version != format)
        return fail(Code::Corrupt, "a message of format " + std::to_string(version) + "; this program knows format 1");
    Request request{.kind = kind};
    request.site = TRY(parse_name(whole, "site"));
    request.name = TRY(parse_name(whole, "name"));
    request.ticket = TRY(json::text(whole, "ticket", text_limit));
    request.time = TRY(cbor::count(whole, "time"));
    request.running = TRY(in("running", parse_running(whole)));
    TRY(parse_endorsement(whole, request));
    request.attestation_public = TRY(cbor::bytes(whole, "attestation", key_limit));
    request.device_public = TRY(cbor::bytes(whole, "device", key_limit));
    request.certified = TRY(parse_attested(whole, "certified"));
    request.issuing_public = TRY(cbor::bytes(whole, "issuing", key_limit));
    request.issuing_certified = TRY(parse_attested(whole, "issuing-certified"));
    if (whole.contains("escrow")) request.escrow = TRY(cbor::bytes(whole, "escrow", identity::escrow_limit));
    request.quote = TRY(parse_attested(whole, "quote"));
    request.pcrs = TRY(parse_pcrs(whole));
    request.firmware_log = TRY(cbor::bytes(whole, "firmware-log", log_limit));
    request.userspace_log = TRY(cbor::bytes(whole, "userspace-log", log_limit));
    return request;
}

}  // namespace

Digest binding_of(const Request& request) {
    return sha256(cbor::write(all_but_the_quote(request)));
}

std::string endorsement_number(const Request& request) {
    return sha256_hex(request.ek_public);
}

std::string write_request(const Request& request) {
    Json whole = all_but_the_quote(request);
    whole["quote"] = attested(request.quote);
    return cbor::write(whole);
}

Result<Request> parse_request(std::string_view bytes) {
    return in("request", parse(bytes, Kind::Request));
}

Result<Request> parse_evidence(std::string_view bytes) {
    return in("evidence", parse(bytes, Kind::Evidence));
}

}  // namespace holdfast::enroll
