// The same questions and answers as letters over NATS: a box puts them into a stream of its own server, whatever the
// line is, and its hub's server fetches them when it can. What was lost there is seen by the answer, and said again.
#pragma once

#include "nats/client.hpp"
#include "sync/line.hpp"

#include <string>
#include <vector>

namespace holdfast::sync {

// What a node is called among servers: "box-" and the first 16 digits of its number.
std::string letter_name(const Digest& origin);
// The streams of a box's server, of which the first holds `bytes` at most.
std::vector<nats::Stream> box_streams(const std::string& name, std::int64_t bytes);
// Those of a hub's server, which fetches from those boxes.
std::vector<nats::Stream> hub_streams(const std::vector<std::string>& boxes);

// Takes in the answers that came, and posts what the hub lacks and was not posted before; once in six hours also where
// nothing is new, or nobody answers. Streams are made where there are none. NoSpace where the stream is full: nothing
// is lost, and all of it goes later.
Result<Talked> post_letters(Replica& replica, const Own& own, nats::Client& client, const Settings& settings,
                            const std::vector<std::string>& sites);

// A hub takes what boxes have posted, at most some, waiting for the first of them for that long. What is no question,
// or is nobody's, is told in `refused` and is gone.
using Answerer = std::function<Result<Answer>(std::string_view message)>;
Result<Talked> answer_letters(nats::Client& client, const Answerer& answer, std::chrono::milliseconds wait);

}  // namespace holdfast::sync
