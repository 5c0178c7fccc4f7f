// A bundle over HTTP, however often the line breaks.
#pragma once

#include "base/http.hpp"
#include "content/intake.hpp"

#include <chrono>
#include <functional>
#include <stop_token>
#include <string>

namespace holdfast::update {

// How to behave on the line.
struct Link {
    http::Client client;
    std::filesystem::path certificate_authority;  // empty: those of the system
    std::uint64_t bytes_per_second = 0;           // 0: no limit
    // Takes bytes off the day's budget and says how many are left; an Error (Busy) where it is used up.
    std::function<Result<std::uint64_t>(std::uint64_t bytes)> spend;
    // Lets that much time pass; an Error where somebody wants us to stop.
    std::function<Result<>(std::chrono::milliseconds)> wait;
    std::function<double()> random;  // from 0 to 1: boxes that were cut off together do not come back together
    std::stop_token stop;
    std::chrono::seconds stall{60};
    unsigned patience = 8;  // transfers in a row that bring nothing, before it is left for another day
};

enum class Until { Header, Whole };

// Bytes that are there, of how many (0: not known yet).
using Fetched = std::function<void(std::uint64_t have, std::uint64_t total)>;

// Fetches on, until the header or all of it is there. Breaks are mended here, each byte is asked for once as long as
// the server can send parts. Offline where nothing comes any more, Busy where the budget is used up or a stop is
// wanted, NotFound where the server has no such file, Corrupt or Denied where what it sends is not what was signed,
// even asked for again. What came stays in the intake.
Result<> fetch(Link& link, const std::string& url, content::Intake& intake, Until until, const Fetched& progress = {});

// How long to wait after so many transfers that brought nothing: doubling from a second to five minutes, then half to
// all of that by `random`; at least what the server asked for, at most an hour.
std::chrono::milliseconds back_off(unsigned fruitless, double random, std::chrono::seconds asked);

}  // namespace holdfast::update
