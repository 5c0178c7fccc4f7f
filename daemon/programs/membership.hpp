// What the programs share that have to do with this computer's place in a trust domain.
#pragma once

#include "enroll/attestation.hpp"
#include "enroll/join.hpp"

#include <filesystem>
#include <string>

namespace holdfast {

struct Asking {
    std::filesystem::path root,
        out;  // out: the file to write, or the folder for NAME.request, "" for the one we are in
    std::string tcti, site, name, ticket;
    std::string escrow_to;  // certificate (DER) that the disk's recovery key is sealed to; "" leaves it with nobody
    bool issuing = false, json = false;
};

// The request of this computer, from its files and its TPM. It waits for its answer once it was handed out. Corrupt
// where the name is none.
Result<std::string> make_request(tpm::Tpm& tpm, const Asking& asking, const enroll::Node::HandOut& hand_out);
// Writes it, and tells where it is and what comes next. Denied where another file than a request is there already.
Result<> ask_authority(const Asking& asking);

// What this computer says of itself. Corrupt where the name is none; NotFound where there is somebody to leave a
// recovery key with and the disk has none.
Result<enroll::Wish> wish_of(const Asking& asking);

// Whether this box has a sealed disk, and so a recovery key.
bool has_recovery_key(const std::filesystem::path& root);

// What the authority and this box's TPM had to say about a request, for people.
void show_reply(const enroll::Reply& reply);

// Who this box is. NotFound, with what to do, where it has not been admitted anywhere.
Result<enroll::Identity> this_box(const std::filesystem::path& root);

// Tells it, with what its certificate's end means here.
Result<> show_identity(const enroll::Identity& identity, const std::filesystem::path& root, bool json);

}  // namespace holdfast
