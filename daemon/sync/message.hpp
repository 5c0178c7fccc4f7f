// A batch as a message: written as far as it may grow, and taken in.
#pragma once

#include "sync/offer.hpp"
#include "sync/taking.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace holdfast::sync {

struct Message {
    std::string bytes;
    std::uint64_t segments = 0, pieces = 0;
    Vector reached;  // of each feed in it, the first record behind what it has of it
};
// What a message opens with that asks: the question, and where the feeds of this node end.
Result<Opening> asking(Replica& replica, const Digest& self, const Question& question);

// As much of what is offered, and of what is wanted beside it, as goes in below the limit, in that order.
Result<Message> write_message(Replica& replica, const Own& own, const BatchHead& head, const Wanted& wanted,
                              const Vector& have, std::uint64_t limit, const Opening& opening,
                              const std::vector<Offer>& offers = {});

// Whoever sent it can be asked again, so its clock is its own matter.
Result<Taking> take_message(Replica& replica, const Own& own, std::string_view bytes, const std::string& name);
// The same of what came from that address, where authorities alone are believed how far they are: Denied for any other;
// and where it has more of this node's own feeds than this node, whose disk is an older copy then.
Result<Taking> take_answer(Replica& replica, const Own& own, const std::string& address, std::string_view bytes);

// How far who answers at that address was when it said so last; nothing where nobody ever did.
Result<std::optional<Vector>> known_of(Replica& replica, const std::string& address);

}  // namespace holdfast::sync
