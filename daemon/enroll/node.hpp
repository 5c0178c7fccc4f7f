// What a box keeps of its enrollment, in one folder of root's: keys (as only its TPM can use them), the request that
// waits for an answer, and who it is since.
#pragma once

#include "enroll/ask.hpp"
#include "identity/crl.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace holdfast::enroll {

inline constexpr auto node_folder = "var/lib/holdfast/identity";

struct Heeded {
    identity::Crl list;
    std::optional<identity::Withdrawn> box;  // what it says of this box
    bool news = false;                       // it was not the one that was kept
};

class Node {
public:
    // Below `root` ("/" on a box). Nothing is made yet.
    explicit Node(const std::filesystem::path& root) : root_(root), folder_(root / node_folder) {}

    // A request, kept until its answer comes. Makes the keys where there are none, or where the TPM was cleared since
    // they were made (told in `notice`); one for an authority of its own where the wish has that.
    Result<std::string> request(tpm::Tpm& tpm, const Wish& wish, std::string& notice);

    // Opens the answer and keeps it. `authority` is the fingerprint (or its first 16 digits or more) that a person or a
    // ticket has brought; Denied where another one answered. NotFound where nothing was asked.
    Result<Identity> import(tpm::Tpm& tpm, std::string_view answer, const std::string& authority);

    // What the box runs now, for its authority and for itself; needs no answer. NotFound where it was not admitted,
    // Denied where the TPM was cleared since.
    Result<Request> evidence(tpm::Tpm& tpm, const Wish& wish) const;
    // The request that the authority said yes to last. NotFound where there is none.
    Result<Request> admitted() const;

    // Takes in a list of what the authority has taken back, and keeps it. `now` is for people: the record of the last
    // 64 lists that were news. Denied where it is not of the authority that admitted this box, or is older than the one
    // that is kept; NotFound where the box was not admitted.
    Result<Heeded> heed(std::string_view list, std::int64_t now) const;
    // The list that is kept; nothing where there is none, or where it is of an authority of before.
    Result<std::optional<identity::Crl>> list() const;
    // What it says of this box's own certificates; nothing where they are good.
    Result<std::optional<identity::Withdrawn>> withdrawn() const;
    // Denied on a box that found itself untrusted, or whose certificates were taken back: `what` is refused, such as
    // "certificate to a workload". What was given before goes on.
    Result<> may_serve_newcomers(const std::string& what) const;

    // The request that waits for an answer, as it was made; nothing where there is none.
    Result<std::optional<std::string>> pending() const;
    void drop_pending() const;

    // Where its authority is, https://HOST:PORT; nothing where it has only ever been talked to by files. Kept once
    // somebody there has answered to a box that was admitted; before that the ticket of its invitation is forgotten.
    Result<std::optional<std::string>> line() const;
    Result<> keep_line(const std::string& url) const;

    // Who the box is; nothing where it has not been admitted.
    Result<std::optional<Identity>> identity() const;
    // Its keys; NotFound where it has never asked.
    Result<BoxKeys> keys() const;

private:
    Result<BoxKeys> keys(tpm::Tpm& tpm, bool issuing, std::string& notice);
    Result<std::optional<identity::Crl>> list_of(const Identity& box) const;
    std::filesystem::path root_, folder_;
};

}  // namespace holdfast::enroll
