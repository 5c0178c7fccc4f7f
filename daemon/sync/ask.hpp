// Two nodes on a line: one asks, the other answers, both with a batch. What came is acknowledged by how far the other
// says it is, so a line may lose, repeat or cut whatever it wants.
#pragma once

#include "sync/exchange.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::sync {

struct Asking {
    std::string address;             // of who is asked: how far it was is remembered by that
    std::uint64_t limit = 0;         // bytes of a message, about, each way
    std::vector<std::string> sites;  // whose catalogs are wanted beside the authority's; "*": all
};

// What came back of a message.
struct Carried {
    std::string bytes;
    // Not 0: nothing came back, for a batch of this node with that number was there before; a larger one is needed.
    std::uint64_t number = 0;
};
using Carry = std::function<Result<Carried>(std::string_view message)>;

struct Heard {
    Imported taken;
    std::uint64_t sent = 0;           // segments
    std::uint64_t out = 0, back = 0;  // bytes
    bool more = false;                // there is more to say, or to hear, and this time there was some progress
};
// Signs what this node has said, says what the other one lacks, and takes in what it answers. Of one whom nobody asked
// before it is first asked how far it is. Denied where another node answers than the authority; Corrupt, and errors of
// `carry`, as they are.
Result<Heard> ask(Replica& replica, const Own& own, const Asking& asking, const Carry& carry);

struct Answer {
    Imported taken;
    Carried carried;
};
// Takes in a message, and answers its question with at most `most` bytes, about, of what its sender lacks of the
// catalogs that it asks for. Denied where there is no question.
Result<Answer> answer(Replica& replica, const Own& own, std::string_view message, std::uint64_t most);

}  // namespace holdfast::sync
