#include "tpm/event_log.hpp"

#include "base/json.hpp"
#include "base/little_endian.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace holdfast::tpm {

namespace {

constexpr std::uint32_t no_action = 3;  // EV_NO_ACTION: extends nothing
constexpr std::uint16_t sha256_algorithm = 0x000B;
constexpr std::size_t events_limit = 65'536, algorithms_limit = 16;
constexpr unsigned pcr_limit = 24;
constexpr std::string_view spec_signature("Spec ID Event03\0", 16);
constexpr std::string_view locality_signature("StartupLocality\0", 16);

// TCG PC Client Platform Firmware Profile 1.06, section 10.4.1, table 14.
struct Named {
    std::uint32_t type;
    const char* name;
};
constexpr std::array types{Named{0x0, "EV_PREBOOT_CERT"},
                           Named{0x1, "EV_POST_CODE"},
                           Named{0x3, "EV_NO_ACTION"},
                           Named{0x4, "EV_SEPARATOR"},
                           Named{0x5, "EV_ACTION"},
                           Named{0x6, "EV_EVENT_TAG"},
                           Named{0x7, "EV_S_CRTM_CONTENTS"},
                           Named{0x8, "EV_S_CRTM_VERSION"},
                           Named{0x9, "EV_CPU_MICROCODE"},
                           Named{0xA, "EV_PLATFORM_CONFIG_FLAGS"},
                           Named{0xB, "EV_TABLE_OF_DEVICES"},
                           Named{0xC, "EV_COMPACT_HASH"},
                           Named{0xD, "EV_IPL"},
                           Named{0xE, "EV_IPL_PARTITION_DATA"},
                           Named{0xF, "EV_NONHOST_CODE"},
                           Named{0x10, "EV_NONHOST_CONFIG"},
                           Named{0x11, "EV_NONHOST_INFO"},
                           Named{0x12, "EV_OMIT_BOOT_DEVICE_EVENTS"},
                           Named{0x80000001, "EV_EFI_VARIABLE_DRIVER_CONFIG"},
                           Named{0x80000002, "EV_EFI_VARIABLE_BOOT"},
                           Named{0x80000003, "EV_EFI_BOOT_SERVICES_APPLICATION"},
                           Named{0x80000004, "EV_EFI_BOOT_SERVICES_DRIVER"},
                           Named{0x80000005, "EV_EFI_RUNTIME_SERVICES_DRIVER"},
                           Named{0x80000006, "EV_EFI_GPT_EVENT"},
                           Named{0x80000007, "EV_EFI_ACTION"},
                           Named{0x80000008, "EV_EFI_PLATFORM_FIRMWARE_BLOB"},
                           Named{0x80000009, "EV_EFI_HANDOFF_TABLES"},
                           Named{0x8000000A, "EV_EFI_PLATFORM_FIRMWARE_BLOB2"},
                           Named{0x8000000B, "EV_EFI_HANDOFF_TABLES2"},
                           Named{0x8000000C, "EV_EFI_VARIABLE_BOOT2"},
                           Named{0x8000000D, "EV_EFI_GPT_EVENT2"},
                           Named{0x80000010, "EV_EFI_HCRTM_EVENT"},
                           Named{0x800000E0, "EV_EFI_VARIABLE_AUTHORITY"},
                           Named{0x800000E1, "EV_EFI_SPDM_FIRMWARE_BLOB"},
                           Named{0x800000E2, "EV_EFI_SPDM_FIRMWARE_CONFIG"}};

// Takes bytes from the front; never past the end.
class Reader {
public:
    explicit Reader(std::string_view bytes) : bytes_(bytes) {}
    bool at_end() const { return at_ == bytes_.size(); }
    std::size_t at() const { return at_; }

    Result<std::string_view> take(std::size_t size) {
        if (size > bytes_.size() - at_)
            return fail(Code::Corrupt, "the firmware's event log is cut off at byte " + std::to_string(at_));
        const auto part = bytes_.substr(at_, size);
        at_ += size;
        return part;
    }
    template <class T>
    Result<T> number() {
        return *holdfast::number<T>(TRY(take(sizeof(T))), 0);
    }

private:
    std::string_view bytes_;
    std::size_t at_ = 0;
};

Digest digest_of(std::string_view bytes) {
    Digest digest{};
    std::copy_n(bytes.begin(), std::min(bytes.size(), digest.size()), digest.begin());
    return digest;
}

struct Algorithm {
    std::uint16_t id, size;
};

// TCG_EfiSpecIDEvent (section 10.4.5.1): which digests each event has, and how long they are.
Result<std::vector<Algorithm>> parse_algorithms(std::string_view data) {
    Reader reader(data);
    if (TRY(reader.take(spec_signature.size())) != spec_signature)
        return fail(Code::Corrupt, "the firmware's event log is of before TPM 2.0 (no 'Spec ID Event03')");
    TRY(reader.take(8));  // platform class, version, errata, size of UINTN
    const auto count = TRY(reader.number<std::uint32_t>());
    if (count == 0 || count > algorithms_limit)
        return fail(Code::Corrupt, "the firmware's event log names " + std::to_string(count) + " algorithms");
    std::vector<Algorithm> algorithms;
    for (std::uint32_t i = 0; i < count; ++i) {
        const auto id = TRY(reader.number<std::uint16_t>());
        algorithms.push_back({id, TRY(reader.number<std::uint16_t>())});
    }
    const bool ours = std::ranges::any_of(
        algorithms, [](const Algorithm& each) { return each.id == sha256_algorithm && each.size == 32; });
    if (!ours) return fail(Code::Corrupt, "the firmware's event log has no SHA-256 digests");
    return algorithms;
}

// TCG_PCR_EVENT (section 10.2.1), whose digest is always SHA-1: only the first one is such.
Result<std::vector<Algorithm>> read_head(Reader& reader) {
    TRY(reader.take(4));  // PCR
    if (TRY(reader.number<std::uint32_t>()) != no_action)
        return fail(Code::Corrupt, "the firmware's event log does not begin with what it is (TCG_EfiSpecIDEvent)");
    TRY(reader.take(20));
    const auto size = TRY(reader.number<std::uint32_t>());
    return parse_algorithms(TRY(reader.take(size)));
}

// TCG_PCR_EVENT2 (section 10.2.2).
Result<Event> read_event(Reader& reader, const std::vector<Algorithm>& algorithms) {
    Event event;
    event.pcr = TRY(reader.number<std::uint32_t>());
    event.type = TRY(reader.number<std::uint32_t>());
    const auto count = TRY(reader.number<std::uint32_t>());
    if (event.type != no_action && event.pcr >= pcr_limit)
        return fail(Code::Corrupt, "the firmware's event log has an event of PCR " + std::to_string(event.pcr));
    if (count > algorithms_limit) return fail(Code::Corrupt, "an event of the firmware's log has too many digests");
    bool ours = false;
    for (std::uint32_t i = 0; i < count; ++i) {
        const auto id = TRY(reader.number<std::uint16_t>());
        const auto known = std::ranges::find(algorithms, id, &Algorithm::id);
        if (known == algorithms.end())
            return fail(Code::Corrupt, "an event of the firmware's log has a digest that its head does not name");
        const auto bytes = TRY(reader.take(known->size));
        if (id != sha256_algorithm) continue;
        event.digest = digest_of(bytes);
        ours = true;
    }
    if (!ours) return fail(Code::Corrupt, "an event of the firmware's log has no SHA-256 digest");
    const auto size = TRY(reader.number<std::uint32_t>());
    event.data = TRY(reader.take(size));
    return event;
}

std::optional<unsigned> locality_in(const Event& event) {
    if (event.type != no_action || event.data.size() != locality_signature.size() + 1 ||
        !event.data.starts_with(locality_signature))
        return std::nullopt;
    return static_cast<unsigned char>(event.data.back());
}

std::optional<std::string> text_in(const Json& object, const char* key) {
    if (!object.is_object()) return std::nullopt;
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? std::optional(found->get<std::string>()) : std::nullopt;
}

Result<Event> parse_record(const Json& record) {
    Event event;
    const auto pcr = record.find("pcr");
    const auto digests = record.find("digests");
    if (pcr == record.end() || !pcr->is_number_unsigned() || pcr->get<std::uint64_t>() >= pcr_limit ||
        digests == record.end() || !digests->is_array())
        return fail(Code::Corrupt, "a record of systemd's log has no PCR or no digests");
    event.pcr = pcr->get<unsigned>();
    std::optional<std::string> found;
    for (const auto& each : *digests)
        if (text_in(each, "hashAlg") == "sha256") found = text_in(each, "digest");
    const auto digest = found && is_sha256(*found) ? unhex(*found) : std::nullopt;
    if (!digest) return fail(Code::Corrupt, "a record of systemd's log has no SHA-256 digest");
    event.digest = digest_of(*digest);
    if (const auto content = record.find("content"); content != record.end())
        event.data = text_in(*content, "string").value_or("");
    return event;
}

Digest extended(const Digest& value, const Digest& with) {
    return Sha256().add(value).add(with).finish();
}

}  // namespace

Result<EventLog> parse_firmware_log(std::string_view bytes) {
    if (bytes.size() > event_log_limit) return fail(Code::Corrupt, "the firmware's event log is larger than 4 MiB");
    Reader reader(bytes);
    const auto algorithms = TRY(read_head(reader));
    EventLog log;
    while (!reader.at_end()) {
        if (log.events.size() >= events_limit) return fail(Code::Corrupt, "the firmware's event log has no end");
        Event event = TRY(read_event(reader, algorithms));
        if (const auto locality = locality_in(event)) log.locality = *locality;
        if (event.type != no_action) log.events.push_back(std::move(event));
    }
    return log;
}

Result<std::vector<Event>> parse_userspace_log(std::string_view text) {
    if (text.size() > event_log_limit) return fail(Code::Corrupt, "systemd's log is larger than 4 MiB");
    std::vector<Event> events;
    for (const auto& part : split(text, '\x1e')) {
        if (trim(part).empty()) continue;
        const auto record = TRY(in("systemd's log", json::parse(part, event_log_limit)));
        if (!record.is_object()) return fail(Code::Corrupt, "a record of systemd's log is no object");
        events.push_back(TRY(parse_record(record)));
    }
    return events;
}

std::map<unsigned, Digest> replay(const EventLog& firmware, const std::vector<Event>& userspace) {
    std::map<unsigned, Digest> pcrs;
    for (const auto* events : {&firmware.events, &userspace})
        for (const auto& event : *events) {
            const auto [value, fresh] = pcrs.try_emplace(event.pcr, Digest{});
            // Section 3.3.3: PCR 0 begins with the locality of the startup.
            if (fresh && event.pcr == 0) value->second.back() = static_cast<unsigned char>(firmware.locality);
            value->second = extended(value->second, event.digest);
        }
    return pcrs;
}

std::string type_name(std::uint32_t type) {
    const auto found = std::ranges::find(types, type, &Named::type);
    return found == types.end() ? std::to_string(type) : found->name;
}

}  // namespace holdfast::tpm
