#include "identity/escrow.hpp"

#include "base/file.hpp"
#include "hub/authority.hpp"
#include "hub/validity.hpp"

namespace holdfast::hub {

namespace {

namespace fs = std::filesystem;
using enroll::Answer;

constexpr std::int64_t days = 5L * 365;  // as the intermediate lives
constexpr std::size_t file_limit = 64UL * 1024;

}  // namespace

Result<> Authority::make_escrow_key(std::int64_t now) {
    if (fs::exists(folder_ / "escrow.pem")) return {};
    const auto key = TRY(identity::make_key());
    const std::string certificate =
        TRY(identity::make_escrow({certificate_, key_.get(), {}}, key.get(), trust_domain_, valid(now, days)));
    TRY(identity::write_key(key, folder_ / "escrow.key"));
    // Last: with it there is such a key.
    return write_whole(folder_ / "escrow.pem", identity::pem_of(certificate));
}

Result<std::vector<std::string>> Authority::escrow_chain() const {
    const fs::path file = folder_ / "escrow.pem";
    const auto pem = read_whole(file, file_limit);
    if (!pem)
        return fail(Code::NotFound, "this authority keeps no recovery keys; make a key for that: holdfast hub escrow");
    return std::vector{TRY(in(file.string(), identity::certificates_in(*pem))).front(), certificate_, root_};
}

// Whoever needs it one day finds out now that it opens.
enroll::Check Authority::check_escrow(const enroll::Request& request) const {
    const std::string name = "recovery key";
    const auto key = identity::read_key(folder_ / "escrow.key");
    if (!key) return {name, Answer::Yes, "it is kept; escrow.key is not here, so whether it opens nobody has seen"};
    const auto opened = identity::open_secret(key->get(), request.escrow, enroll::endorsement_number(request));
    if (!opened) return {name, Answer::No, opened.error().what};
    return {name, Answer::Yes, "it is kept here, and opens"};
}

Result<std::string> Authority::recover(const Box& box, const std::string& who, std::int64_t now) {
    const auto sealed = TRY(store_.escrow(box.endorsement));
    if (!sealed)
        return fail(Code::NotFound, "box '" + box.name + "' at site '" + box.site +
                                        "' left no recovery key here; it was shown when the box was installed");
    const auto key = TRY(in("escrow.key", identity::read_key(folder_ / "escrow.key")));
    auto opened = TRY(identity::open_secret(key.get(), *sealed, box.endorsement));
    // Before it is told to anybody.
    TRY(store_.record({.at = now,
                       .request = {},
                       .endorsement = box.endorsement,
                       .site = box.site,
                       .name = box.name,
                       .outcome = "recovered",
                       .who = who,
                       .checks = "[]",
                       .answer = {}},
                      std::nullopt, ""));
    return opened;
}

}  // namespace holdfast::hub
