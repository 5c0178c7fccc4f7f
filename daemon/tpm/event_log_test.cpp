#include "tpm/event_log.hpp"

#include "base/little_endian.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast;
using namespace holdfast::tpm;

namespace {

constexpr std::uint32_t no_action = 3, separator = 4, action = 5;

// A log as firmware writes it, with SHA-1 digests (of zeros) beside SHA-256 ones.
struct Log {
    std::string bytes;

    Log() {
        std::string spec("Spec ID Event03\0", 16);
        append<std::uint32_t>(spec, 0);
        spec += std::string("\0\2\0\2", 4);
        append<std::uint32_t>(spec, 2);
        for (const auto& [id, size] : {std::pair{0x4, 20}, {0xB, 32}}) {
            append(spec, static_cast<std::uint16_t>(id));
            append(spec, static_cast<std::uint16_t>(size));
        }
        spec += '\0';  // vendor's bytes: none
        append<std::uint32_t>(bytes, 0);
        append<std::uint32_t>(bytes, no_action);
        bytes += std::string(20, '\0');
        append(bytes, static_cast<std::uint32_t>(spec.size()));
        bytes += spec;
    }
    Log& add(unsigned pcr, std::uint32_t type, std::string_view data) {
        append<std::uint32_t>(bytes, pcr);
        append(bytes, type);
        append<std::uint32_t>(bytes, 2);
        append<std::uint16_t>(bytes, 0x4);
        bytes += std::string(20, '\0');
        append<std::uint16_t>(bytes, 0xB);
        const Digest digest = sha256(data);
        bytes.append(digest.begin(), digest.end());
        append(bytes, static_cast<std::uint32_t>(data.size()));
        bytes += data;
        return *this;
    }
};

Digest extended(const Digest& value, std::string_view data) {
    return Sha256().add(value).add(sha256(data)).finish();
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_log_is_read_and_replayed) {
    const Log log = Log().add(4, action, "Calling EFI Application").add(7, separator, "0000").add(4, action, "more");
    const auto parsed = parse_firmware_log(log.bytes).value();
    BOOST_TEST(parsed.events.size() == 3U);
    BOOST_TEST(parsed.events.front().data == "Calling EFI Application");
    BOOST_TEST(type_name(parsed.events.front().type) == "EV_ACTION");
    BOOST_TEST(type_name(0x12345) == "74565");
    const auto userspace = parse_userspace_log(
        "\x1e{\"pcr\":11,\"digests\":[{\"hashAlg\":\"sha1\",\"digest\":\"00\"},{\"hashAlg\":\"sha256\",\"digest\":\"" +
        sha256_hex("enter-initrd") + "\"}],\"content_type\":\"systemd\",\"content\":{\"string\":\"enter-initrd\"}}\n");
    BOOST_TEST(userspace.value().front().data == "enter-initrd");
    const auto pcrs = replay(parsed, *userspace);
    BOOST_TEST(pcrs.size() == 3U);
    BOOST_TEST((pcrs.at(4) == extended(extended({}, "Calling EFI Application"), "more")));
    BOOST_TEST((pcrs.at(11) == extended({}, "enter-initrd")));
}

BOOST_AUTO_TEST_CASE(pcr_0_begins_with_the_locality_of_the_startup) {
    const auto parsed =
        parse_firmware_log(
            Log().add(0, no_action, std::string("StartupLocality\0\3", 17)).add(0, separator, "0000").bytes)
            .value();
    BOOST_TEST(parsed.locality == 3U);
    BOOST_TEST(parsed.events.size() == 1U);
    Digest start{};
    start.back() = 3;
    BOOST_TEST((replay(parsed, {}).at(0) == extended(start, "0000")));
}

BOOST_AUTO_TEST_CASE(what_is_cut_off_is_refused_wherever_it_is_cut) {
    const std::string whole = Log().add(4, action, "one").add(5, action, "two").bytes;
    const std::size_t first = Log().bytes.size(), second = Log().add(4, action, "one").bytes.size();
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const auto parsed = parse_firmware_log(std::string_view(whole).substr(0, size));
        // Between two events it is a shorter log; its PCRs tell.
        BOOST_TEST(parsed.has_value() == (size == first || size == second));
        if (!parsed) BOOST_TEST((parsed.error().code == Code::Corrupt));
    }
}

BOOST_AUTO_TEST_CASE(nonsense_is_refused) {
    BOOST_TEST(!parse_firmware_log(std::string(100, '\xff')));
    std::string other = Log().bytes;
    other[other.find("Event03") + 6] = '2';
    BOOST_TEST(parse_firmware_log(other).error().what.contains("before TPM 2.0"));
    BOOST_TEST(!parse_firmware_log(Log().add(24, action, "no such PCR").bytes));
    BOOST_TEST(!parse_firmware_log(std::string(event_log_limit + 1, '\0')));
    for (const auto* record : {"\x1e[]", "\x1e{}", "\x1e{\"pcr\":11,\"digests\":7}", "\x1e{\"pcr\":99,\"digests\":[]}",
                               "\x1e{\"pcr\":11,\"digests\":[{\"hashAlg\":\"sha256\",\"digest\":\"zz\"}]}",
                               "\x1e{\"pcr\":11,\"digests\":[{\"hashAlg\":7,\"digest\":[]}]}", "\x1e{"})
        BOOST_TEST(!parse_userspace_log(record));
    BOOST_TEST(parse_userspace_log("").value().empty());
}
