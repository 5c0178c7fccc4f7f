// Registers as the database keeps them: {"0": "hex…"}.
#pragma once

#include "base/json.hpp"
#include "base/text.hpp"
#include "tpm/tpm.hpp"

namespace holdfast::hub {

inline std::string write_pcrs(const tpm::Pcrs& pcrs) {
    Json object = Json::object();
    for (const auto& [number, value] : pcrs) object[std::to_string(number)] = hex(value);
    return json::write(object);
}

inline Result<tpm::Pcrs> parse_pcrs(const std::string& text) {
    constexpr std::size_t pcrs_limit = 8192;
    tpm::Pcrs pcrs;
    const Json object = TRY(json::parse(text, pcrs_limit));
    for (const auto& [number, value] : object.items())
        pcrs[static_cast<unsigned>(std::stoul(number))] = TRY(digest_of(value.get_ref<const std::string&>()));
    return pcrs;
}

}  // namespace holdfast::hub
