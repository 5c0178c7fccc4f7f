// Batches come on sticks and over lines from anybody: read or refused, and never more than what is there.
#include "sync/batch.hpp"

#include <sys/mman.h>
#include <unistd.h>

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    using namespace holdfast;
    const Fd file(::memfd_create("batch", 0));
    if (::write(file.number(), data, size) != static_cast<ssize_t>(size)) __builtin_trap();
    std::size_t taken = 0;
    const sync::BatchUse use{
        .head = [](const sync::BatchHead&) -> Result<> { return {}; },
        .node = [&](const std::vector<std::string>& chain) -> Result<> {
            for (const auto& each : chain) taken += each.size();
            return {};
        },
        .segment = [&](std::string_view segment) -> Result<> {
            taken += segment.size();
            static_cast<void>(feed::parse_segment(segment));
            return {};
        },
        .end = [](const sync::Vector&) -> Result<> { __builtin_trap(); },
        .key = [](const Digest& sender) -> Result<std::string> { return std::string(sender.size(), 'k'); }};
    // Nobody has signed it, whatever it says.
    if (sync::read_batch("/proc/self/fd/" + std::to_string(file.number()), use)) __builtin_trap();
    if (taken > size) __builtin_trap();
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    if (const auto vector = sync::parse_vector(bytes))
        if (sync::parse_vector(sync::write_vector(*vector)).value_or(sync::Vector()) != *vector) __builtin_trap();
    return 0;
}
