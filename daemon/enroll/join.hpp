// Joining over a line: one request and one answer, tried again and again where nobody is there or a person has to
// think.
#pragma once

#include "enroll/report.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace holdfast::enroll {

struct Reply {
    std::optional<Identity> identity;  // nothing while a person there has to decide
    std::vector<std::string> reasons;  // of what did not say yes: "ticket: it has expired"
    std::string notice;                // what else people should know, or ""
};

// One try. The same request goes again while it is still what the box would say, so that nobody there is asked twice
// for one box. Once it is admitted, its invitation's ticket is forgotten and the line is kept, in this order: a kill
// anywhere leaves what the same goes on from. `admitting` is asked before an answer is taken in, and its Error ends it:
// the answer can be had again. Denied where the authority refuses or is another one, Offline where nobody is there.
Result<Reply> join_once(Node& node, tpm::Tpm& tpm, http::Client& client, const Line& line, const Wish& wish,
                        const std::function<Result<>()>& admitting = {});

// Who the box is, where that authority has admitted it before; what was cut off after that is done. Else nothing.
Result<std::optional<Identity>> joined_before(const Node& node, const Line& line);

}  // namespace holdfast::enroll
