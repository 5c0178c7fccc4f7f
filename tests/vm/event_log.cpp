#include "vm/event_log.hpp"

#include "base/digest.hpp"
#include "base/text.hpp"
#include "base/yaml.hpp"

#include <algorithm>
#include <charconv>

namespace holdfast::vm {

namespace {

constexpr std::size_t hex_digits = 64;

Result<std::string> digest_from(std::string text) {
    if (text.starts_with("0x") || text.starts_with("0X")) text.erase(0, 2);
    std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const bool hex_only = std::ranges::all_of(text, [](unsigned char c) { return std::isxdigit(c) != 0; });
    if (text.size() != hex_digits || !hex_only) return fail(Code::Corrupt, "'" + text + "' is no SHA-256 digest");
    return text;
}

std::string bytes_of(const std::string& digits) {
    std::string bytes;
    for (std::size_t i = 0; i < digits.size(); i += 2) {
        unsigned char byte = 0;
        std::from_chars(digits.data() + i, digits.data() + i + 2, byte, 16);
        bytes += static_cast<char>(byte);
    }
    return bytes;
}

Result<unsigned> number_from(const std::string& text) {
    unsigned number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size())
        return fail(Code::Corrupt, "'" + text + "' is no PCR");
    return number;
}

// Nothing for an event that extends nothing, such as the log's own header.
Result<std::vector<MeasuredEvent>> events_from(const yaml::Mapping& entry) {
    const auto pcr = TRY(entry.whole("PCRIndex", -1));
    const auto type = TRY(entry.text("EventType"));
    if (pcr < 0) return entry.refuse("PCRIndex", "is missing");
    if (type == "EV_NO_ACTION") return std::vector<MeasuredEvent>{};
    for (const auto& digest : TRY(entry.children("Digests"))) {
        const std::string algorithm = TRY(digest.text("AlgorithmId"));
        if (algorithm != "sha256") continue;
        const std::string digits = TRY(digest.text("Digest"));
        auto value = TRY(digest_from(digits));
        return std::vector{MeasuredEvent{static_cast<unsigned>(pcr), type, std::move(value)}};
    }
    return entry.refuse("Digests", "holds no SHA-256 digest");
}

}  // namespace

Result<std::vector<MeasuredEvent>> parse_event_log(std::string_view text) {
    const auto top = TRY(yaml::Mapping::parse(text, "tpm2_eventlog"));
    std::vector<MeasuredEvent> events;
    for (const auto& entry : TRY(top.children("events")))
        for (auto& event : TRY(events_from(entry))) events.push_back(std::move(event));
    return events;
}

Result<std::map<unsigned, std::string>> parse_pcrs(std::string_view text) {
    const auto top = TRY(yaml::Mapping::parse(text, "tpm2_pcrread"));
    const auto bank = TRY(top.child("sha256"));
    std::map<unsigned, std::string> values;
    for (const auto& key : bank.keys()) {
        const unsigned number = TRY(number_from(key));
        const std::string digits = TRY(bank.text(key));
        values[number] = TRY(digest_from(digits));
    }
    return values;
}

Result<std::string> replay(const std::vector<MeasuredEvent>& events, unsigned pcr) {
    std::string value(hex_digits, '0');
    for (const auto& event : events)
        if (event.pcr == pcr) value = TRY(extend(value, event.digest));
    return value;
}

Result<std::string> extend(const std::string& value, const std::string& digest) {
    const std::string old = TRY(digest_from(value));
    const std::string added = TRY(digest_from(digest));
    return sha256_hex(bytes_of(old) + bytes_of(added));
}

Result<std::string> extend_word(const std::string& value, std::string_view word) {
    return extend(value, sha256_hex(word));
}

}  // namespace holdfast::vm
