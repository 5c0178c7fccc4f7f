#include "storage/token.hpp"

#include "base/json.hpp"
#include "base/openssl.hpp"

#include <openssl/evp.h>

namespace holdfast::storage {

namespace {

Result<std::vector<unsigned>> registers(const Json& token, const char* key) {
    std::vector<unsigned> all;
    if (!token.contains(key)) return all;
    const Json& list = token.at(key);
    if (!list.is_array() || list.size() > 24) return fail(Code::Corrupt, std::string(key) + " is no list of registers");
    for (const auto& each : list) {
        if (!each.is_number_unsigned() || each.get<std::uint64_t>() > 23)
            return fail(Code::Corrupt, std::string(key) + " names something that is no register");
        all.push_back(each.get<unsigned>());
    }
    return all;
}

Result<std::string> base64(const std::string& text) {
    std::string bytes(text.size() / 4 * 3 + 3, '\0');
    const int size = EVP_DecodeBlock(raw(bytes), raw(std::string_view(text)), static_cast<int>(text.size()));
    if (size < 0) return fail(Code::Corrupt, "tpm2_pubkey is not base64");
    // OpenSSL counts what the padding stands for.
    const auto padding = text.ends_with("==") ? 2U : text.ends_with('=') ? 1U : 0U;
    bytes.resize(static_cast<std::size_t>(size) - padding);
    return bytes;
}

}  // namespace

Result<Seal> parse_token(std::string_view text) {
    const Json token = TRY(in("LUKS2 token", json::parse(text, token_limit)));
    if (!token.is_object() || token.value("type", Json()) != "systemd-tpm2")
        return fail(Code::Corrupt, "LUKS2 token: not one of systemd-tpm2");
    const std::string policy = TRY(json::text(token, "tpm2-policy-hash", 64));
    Seal seal{.pcrs = TRY(registers(token, "tpm2-pcrs")),
              .signed_pcrs = TRY(registers(token, "tpm2_pubkey_pcrs")),
              .policy = TRY(digest_of(policy))};
    const std::string key =
        token.contains("tpm2_pubkey") ? TRY(json::text(token, "tpm2_pubkey", 16384)) : std::string();
    seal.public_key = TRY(base64(key));
    if (token.contains("tpm2-pin")) seal.pin = TRY(json::boolean(token, "tpm2-pin"));
    return seal;
}

}  // namespace holdfast::storage
