// What tpm2-tools tell about a machine's TPM, read from the YAML they print.
#pragma once

#include "base/result.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::vm {

struct MeasuredEvent {
    unsigned pcr = 0;
    std::string type;    // "EV_EFI_BOOT_SERVICES_APPLICATION" and so on
    std::string digest;  // SHA-256, 64 lower-case digits
};

// `tpm2_eventlog FILE`: the events that extend a PCR, in their order. At most 1 MiB.
Result<std::vector<MeasuredEvent>> parse_event_log(std::string_view yaml);

// `tpm2_pcrread sha256:…`: values by number, 64 lower-case digits each.
Result<std::map<unsigned, std::string>> parse_pcrs(std::string_view yaml);

// A PCR that starts as zeros (all that the firmware and the system use) after these events.
Result<std::string> replay(const std::vector<MeasuredEvent>& events, unsigned pcr);
// The same PCR after one more digest, or after a word of systemd-pcrextend(8), which extends the word's SHA-256.
Result<std::string> extend(const std::string& value, const std::string& digest);
Result<std::string> extend_word(const std::string& value, std::string_view word);

}  // namespace holdfast::vm
