// A box on its way into a trust domain. It keeps its keys (as only its TPM can use them), the request that waits for an
// answer, and who it is since.
#pragma once

#include "enroll/ask.hpp"
#include "enroll/kept.hpp"

#include <functional>
#include <optional>
#include <string>

namespace holdfast::enroll {

struct Heeded {
    identity::Crl list;
    std::optional<identity::Withdrawn> box;  // what it says of this box
    bool news = false;                       // it was not the one that was kept
};

class Node : public Kept {
public:
    // Below `root` ("/" on a box). Nothing is made yet.
    using Kept::Kept;

    // A request, kept until its answer comes. Makes the keys where there are none, or where the TPM was cleared since
    // they were made (told in `notice`); one for an authority of its own where the wish has that. A request that waits
    // is replaced, and its answer of no use any more (told, too, where a person has taken it somewhere); but only once
    // the new one was handed out, where that is to be done: an Error of that leaves what waits as it is.
    using HandOut = std::function<Result<>(std::string_view request)>;
    Result<std::string> request(tpm::Tpm& tpm, const Wish& wish, std::string& notice, const HandOut& hand_out = {});
    // Where a person has taken the request that waits, for people.
    Result<> note_place(const std::string& place) const;

    // Opens the answer and keeps it. `authority` is the fingerprint (or its first 16 digits or more) that a person or a
    // ticket has brought, or "" where the one that has admitted this box before is meant; Denied where another one
    // answered. NotFound where nothing was asked.
    Result<Identity> import(tpm::Tpm& tpm, std::string_view answer, const std::string& authority);

    // What the box runs now, for its authority and for itself; needs no answer. NotFound where it was not admitted,
    // Denied where the TPM was cleared since.
    Result<Request> evidence(tpm::Tpm& tpm, const Wish& wish) const;
    // Takes in a list of what the authority has taken back, and keeps it. `now` is for people: the record of the last
    // 64 lists that were news. Denied where it is not of the authority that admitted this box, or is older than the one
    // that is kept; NotFound where the box was not admitted.
    Result<Heeded> heed(std::string_view list, std::int64_t now) const;
    void drop_pending() const;

    // Keeps where its authority is, once somebody there has answered to a box that was admitted; before that the ticket
    // of its invitation is forgotten.
    Result<> keep_line(const std::string& url) const;

    // Its keys; NotFound where it has never asked.
    Result<BoxKeys> keys() const;

private:
    Result<BoxKeys> keys(tpm::Tpm& tpm, bool issuing, std::string& notice);
};

}  // namespace holdfast::enroll
