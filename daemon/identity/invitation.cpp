#include "identity/invitation.hpp"

#include "base/file.hpp"
#include "base/text.hpp"
#include "identity/certificate.hpp"

#include <algorithm>

namespace holdfast::identity {

namespace {

namespace fs = std::filesystem;

constexpr unsigned private_mode = 0600;
constexpr std::size_t fewest_digits = 16, most_digits = 64, ticket_limit = 64;

bool is_digits_of_a_fingerprint(std::string_view text) {
    return text.size() >= fewest_digits && text.size() <= most_digits &&
           text.find_first_not_of("0123456789abcdef") == text.npos;
}

bool is_ticket(std::string_view text) {
    return text.size() <= ticket_limit && text.find_first_not_of("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-") == text.npos;
}

Result<std::string> label_at(const yaml::Mapping& mapping, std::string_view key) {
    std::string label = TRY(mapping.text(key, ""));
    if (!label.empty() && !is_label(label))
        return mapping.refuse(key, "is no name; write small letters, digits and inner hyphens, 63 at most");
    return label;
}

}  // namespace

Result<> check_line(const std::string& url) {
    constexpr std::string_view scheme = "https://";
    constexpr std::size_t longest = 256;
    const std::string_view rest = std::string_view(url).substr(std::min(url.size(), scheme.size()));
    const bool plain = std::ranges::all_of(rest, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("-.:[]").contains(c);
    });
    if (url.starts_with(scheme) && !rest.empty() && plain && url.size() <= longest) return {};
    return fail(Code::Corrupt, "'" + valid_utf8(url) + "' is no authority's address; write https://HOST:PORT");
}

Result<Invitation> read_invitation(const yaml::Mapping& mapping) {
    TRY(mapping.only({"url", "fingerprint", "ticket", "site", "name"}));
    Invitation invitation{.url = TRY(mapping.text("url")),
                          .fingerprint = TRY(mapping.text("fingerprint")),
                          .ticket = TRY(mapping.text("ticket", "")),
                          .site = TRY(label_at(mapping, "site")),
                          .name = TRY(label_at(mapping, "name"))};
    if (!check_line(invitation.url)) return mapping.refuse("url", "is no authority's address; write https://HOST:PORT");
    if (!is_digits_of_a_fingerprint(invitation.fingerprint))
        return mapping.refuse("fingerprint",
                              "is none; write 16 to 64 hex digits, as 'holdfast hub ticket create' tells them");
    if (!invitation.ticket.empty() && !is_ticket(invitation.ticket))
        return mapping.refuse("ticket", "is no code; write it as the authority told it, or leave the key out");
    return invitation;
}

Result<std::optional<Invitation>> parse_invitation(std::string_view text, const std::string& name) {
    if (text.size() > invitation_limit) return fail(Code::Corrupt, name + ": larger than 16 KiB, refused");
    const auto mapping = TRY(yaml::Mapping::parse_settings(text, name));
    if (!mapping) return std::nullopt;
    return TRY(read_invitation(*mapping));
}

// All of these are plain words that mean nothing else to YAML but digits, which are quoted.
std::string write_invitation(const Invitation& invitation, std::string_view indent) {
    std::string all;
    const auto line = [&](const char* key, const std::string& value) {
        if (!value.empty()) all += std::string(indent) + key + ": \"" + value + "\"\n";
    };
    line("url", invitation.url);
    line("fingerprint", invitation.fingerprint);
    line("ticket", invitation.ticket);
    line("site", invitation.site);
    line("name", invitation.name);
    return all;
}

Result<std::optional<Invitation>> load_invitation(const fs::path& root) {
    const auto text = TRY(read_if_there(root / invitation_file, invitation_limit));
    if (!text) return std::nullopt;
    return parse_invitation(*text, (root / invitation_file).string());
}

Result<> keep_invitation(const fs::path& root, const Invitation& invitation) {
    const fs::path file = root / invitation_file;
    TRY(make_directories(file.parent_path()));
    return write_whole(file, "# Whom this box is invited by: enroll.yaml(5).\n" + write_invitation(invitation),
                       private_mode);
}

Result<> forget_ticket(const fs::path& root) {
    auto invitation = TRY(load_invitation(root));
    if (!invitation || invitation->ticket.empty()) return {};
    invitation->ticket.clear();
    return keep_invitation(root, *invitation);
}

}  // namespace holdfast::identity
