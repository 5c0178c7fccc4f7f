// An invitation: where a box's authority is and how it is known there, written by the installer as
// /etc/holdfast/enroll.yaml. It may hold a ticket, which is a secret until it is used.
#pragma once

#include "base/yaml.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::identity {

inline constexpr std::size_t invitation_limit = 16UL * 1024;  // bytes
inline constexpr auto invitation_file = "etc/holdfast/enroll.yaml";

struct Invitation {
    std::string url;          // https://HOST[:PORT]
    std::string fingerprint;  // of the authority's root key: 16 to 64 hex digits
    std::string ticket;       // its code, or "" where a person decides, or once it was used
    std::string site, name;   // labels, or "": the ticket's site, the host's name
    bool operator==(const Invitation&) const = default;
};

// Keys: url, fingerprint (both required), ticket, site, name. Corrupt with file, line and key.
Result<Invitation> read_invitation(const yaml::Mapping& mapping);
// The same of a whole document of at most `invitation_limit` bytes, called `name`; nothing of one that has only
// comments.
Result<std::optional<Invitation>> parse_invitation(std::string_view text, const std::string& name);
// Lines of YAML, each behind `indent`.
std::string write_invitation(const Invitation& invitation, std::string_view indent = {});

// The box's own, below `root`; nothing where it was not invited.
Result<std::optional<Invitation>> load_invitation(const std::filesystem::path& root);
// Written with mode 0600.
Result<> keep_invitation(const std::filesystem::path& root, const Invitation& invitation);
// Takes the ticket out of it, once it is of no use any more. Nothing happens where there is none.
Result<> forget_ticket(const std::filesystem::path& root);

// Corrupt where it is no https://HOST[:PORT].
Result<> check_line(const std::string& url);

}  // namespace holdfast::identity
