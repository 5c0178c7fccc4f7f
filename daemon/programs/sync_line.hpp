// holdfast sync now: this box and its authority tell each other what the other lacks.
#pragma once

#include "base/result.hpp"

#include <filesystem>
#include <string>

namespace holdfast {

struct Talk {
    std::filesystem::path root;
    std::string tcti, address;  // https://HOST:PORT; "": where this box has joined, and its NATS server
    bool scheduled = false;     // by a timer: where the line was away before, only once its time has come
    bool json = false;
};

// Tells how it went; gives the exit code. Busy where nobody is there.
Result<int> talk_now(const Talk& wish);

}  // namespace holdfast
