// What a box keeps of its enrollment, in one folder of root's; only read here, and with no TPM.
#pragma once

#include "enroll/grant.hpp"
#include "enroll/request.hpp"
#include "identity/crl.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace holdfast::enroll {

inline constexpr auto node_folder = "var/lib/holdfast/identity";

// A request that waits for its answer.
struct Waiting {
    std::string site, name;   // as in Request
    std::string endorsement;  // endorsement_number()
    std::string place;        // where a person has put it, "" where nobody has
    std::int64_t made = 0;    // by the box's clock, seconds since the epoch
    bool issuing = false;     // it asks for an authority of its own
};

// "the request of 2026-11-29 08:00 UTC for 'ventilator-7', which went to /mnt/ventilator-7.request"
std::string described(const Waiting& request);

class Kept {
public:
    // Below `root` ("/" on a box).
    explicit Kept(const std::filesystem::path& root) : root_(root), folder_(root / node_folder) {}
    const std::filesystem::path& root() const { return root_; }

    // Who the box is; nothing where it has not been admitted.
    Result<std::optional<Identity>> identity() const;
    // The same. NotFound, with what to do, where it has not been admitted.
    Result<Identity> this_box() const;
    // The request that the authority said yes to last. NotFound where there is none.
    Result<Request> admitted() const;

    // The list of what the authority has taken back; nothing where there is none, or where it is of an authority of
    // before.
    Result<std::optional<identity::Crl>> list() const;
    // What it says of this box's own certificates; nothing where they are good.
    Result<std::optional<identity::Withdrawn>> withdrawn() const;
    // Both for who has read already who the box is.
    Result<std::optional<identity::Crl>> list_of(const Identity& box) const;
    Result<std::optional<identity::Withdrawn>> withdrawn(const Identity& box) const;
    // Denied on a box that found itself untrusted, or whose certificates were taken back: `what` is refused, such as
    // "certificate to a workload". What was given before goes on.
    Result<> may_serve_newcomers(const std::string& what) const;

    // The request that waits for an answer, as it was made; nothing where there is none.
    Result<std::optional<std::string>> pending() const;
    Result<std::optional<Waiting>> waiting() const;
    // The number of the endorsement key that the box has asked with; nothing where it never did.
    Result<std::optional<std::string>> endorsement() const;

    // Where its authority is, https://HOST:PORT; nothing where it has only ever been talked to by files.
    Result<std::optional<std::string>> line() const;

protected:
    static Result<std::string> giver(const Identity& box);
    static Result<std::optional<identity::Withdrawn>> taken_back(const Identity& box, const identity::Crl& list);
    std::filesystem::path root_, folder_;
};

}  // namespace holdfast::enroll
