// A box's next certificate over the line, with no person and no ticket where nothing about the box has changed.
#pragma once

#include "enroll/join.hpp"

#include <cstdint>

namespace holdfast::enroll {

struct Term {
    std::int64_t due = 0, until = 0;  // seconds since the epoch
};

// Until when all that the box was given is good, and from when the next is to be asked for: once two thirds of that
// time are past. By the certificates alone, so that box and authority need no setting for it. A clock that stands years
// back makes nothing due.
Result<Term> term_of(const Identity& box);

// One try, as join_once does it. The certificate of before stays until the next one is opened. Where that one was
// opened before and the power went then, it is asked for anew.
Result<Reply> renew_once(Node& node, tpm::Tpm& tpm, http::Client& client, const Line& line, const Wish& wish);

}  // namespace holdfast::enroll
