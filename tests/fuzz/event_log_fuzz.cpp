// What firmware and systemd wrote into their logs comes with a request from another computer.
#include "tpm/event_log.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const auto firmware = holdfast::tpm::parse_firmware_log(bytes);
    const auto userspace = holdfast::tpm::parse_userspace_log(bytes);
    static_cast<void>(holdfast::tpm::replay(firmware.value_or(holdfast::tpm::EventLog{}),
                                            userspace.value_or(std::vector<holdfast::tpm::Event>{})));
    return 0;
}
