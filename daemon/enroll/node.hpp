// What a box keeps of its enrollment, in one folder of root's: keys (as only its TPM can use them), the request that
// waits for an answer, and who it is since.
#pragma once

#include "enroll/ask.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace holdfast::enroll {

inline constexpr auto node_folder = "var/lib/holdfast/identity";

class Node {
public:
    // Below `root` ("/" on a box). Nothing is made yet.
    explicit Node(const std::filesystem::path& root) : folder_(root / node_folder) {}

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

    // Where its authority is, https://HOST:PORT; nothing where it has only ever been talked to by files. Kept once
    // somebody there has answered.
    Result<std::optional<std::string>> line() const;
    Result<> keep_line(const std::string& url) const;

    // Who the box is; nothing where it has not been admitted.
    Result<std::optional<Identity>> identity() const;
    // Its keys; NotFound where it has never asked.
    Result<BoxKeys> keys() const;

private:
    Result<BoxKeys> keys(tpm::Tpm& tpm, bool issuing, std::string& notice);
    std::filesystem::path folder_;
};

}  // namespace holdfast::enroll
