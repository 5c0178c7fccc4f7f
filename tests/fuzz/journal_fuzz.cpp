// Any bytes as the journal of updates, as a request, as news of work and as paths of a runtime: taken, or refused.
#include "agent/update_desk.hpp"
#include "update/journal.hpp"
#include "update/snapshot.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace holdfast;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (const auto journal = update::parse_journal(text)) {
        const auto again = update::parse_journal(update::write_journal(*journal));
        if (!again || !(again->attempts.size() == journal->attempts.size())) std::abort();
    }
    if (const auto request = agent::parse_request(text))
        if (!agent::parse_request(agent::write_request(*request))) std::abort();
    if (const auto work = agent::parse_work(text))
        if (!agent::parse_work(agent::write_work(*work))) std::abort();
    if (const auto paths = update::parse_state_paths(text))
        for (const auto& path : *paths)
            if (!path.string().starts_with("/var/") || path.string().contains("..")) std::abort();
    return 0;
}
