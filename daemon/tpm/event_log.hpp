// What firmware, boot loader and systemd say they measured, and what the PCRs are after it.
#pragma once

#include "base/digest.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::tpm {

struct Event {
    unsigned pcr = 0;
    std::uint32_t type = 0;  // TCG's number; 0 for one of systemd's
    Digest digest{};         // SHA-256 bank
    std::string data;        // the event's own bytes, or the word that systemd measured
};

struct EventLog {
    std::vector<Event> events;  // those that extend a PCR, in their order
    unsigned locality = 0;      // of the startup: what PCR 0 begins with
};

inline constexpr std::size_t event_log_limit = 4UL << 20U;

// /sys/kernel/security/tpm0/binary_bios_measurements: TCG PC Client Platform Firmware Profile 1.06, section 10
// (crypto-agile). Corrupt where it is none or has no SHA-256 digests; what is cut off is told with its place.
Result<EventLog> parse_firmware_log(std::string_view bytes);

// /run/log/systemd/tpm2-measure.log: a sequence of JSON texts (RFC 7464), as systemd-pcrextend writes it.
Result<std::vector<Event>> parse_userspace_log(std::string_view text);

// The PCRs after all these events; one that nothing extended is not in it.
std::map<unsigned, Digest> replay(const EventLog& firmware, const std::vector<Event>& userspace);

// "EV_EFI_BOOT_SERVICES_APPLICATION"; the number for one without a name.
std::string type_name(std::uint32_t type);

}  // namespace holdfast::tpm
