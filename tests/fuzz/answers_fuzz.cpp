// install.yaml from a medium that anybody may have written: refused or taken, never a crash. What was taken is within
// the limits that the installer counts on.
#include "install/answers.hpp"
#include "storage/pin.hpp"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    using namespace holdfast::install;
    const std::string text(data, data + size);
    const auto answers = parse_answers(text, Kind::Development);
    if (answers && !answers->hostname.empty() && !is_hostname(answers->hostname)) std::abort();
    if (answers && !answers->pin.empty() && !holdfast::storage::check_pin(answers->pin)) std::abort();
    if (answers)
        for (const auto& key : answers->authorized_keys)
            if (key.find('\n') != std::string::npos) std::abort();
    const auto production = parse_answers(text, Kind::Production);
    if (production && !production->authorized_keys.empty()) std::abort();
    return 0;
}
