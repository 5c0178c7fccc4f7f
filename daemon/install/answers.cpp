#include "install/answers.hpp"

#include "base/yaml.hpp"
#include "storage/pin.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

namespace holdfast::install {

namespace {

using yaml::Mapping;

bool is_alphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// Shown on a console and compared with what disks tell: plain ASCII only.
Result<std::string> plain(const Mapping& mapping, std::string_view key) {
    std::string text = TRY(mapping.text(key, ""));
    if (mapping.has(key) && text.empty()) return mapping.refuse(key, "is empty; write a value or leave the key out");
    const bool ascii = std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
    if (!ascii || text.size() > 256) return mapping.refuse(key, "is not plain ASCII of at most 256 characters");
    return text;
}

Result<std::string> read_one(const Mapping& top, std::string_view key, std::string_view otherwise,
                             const std::vector<std::string_view>& allowed) {
    return top.has(key) ? top.one_of(key, allowed) : Result<std::string>(otherwise);
}

Result<std::uint64_t> read_size(const Mapping& disk, std::string_view key, std::uint64_t otherwise) {
    if (!disk.has(key)) return otherwise;
    auto size = parse_size(TRY(plain(disk, key)));
    return size ? size : disk.refuse(key, size.error().what);
}

Result<Selector> read_selector(const Mapping& top) {
    const auto disk = TRY(top.optional_child("disk"));
    if (!disk) return Selector{};
    TRY(disk->only({"serial", "model", "by-id", "path", "transport", "min-size", "max-size"}));
    Selector selector{.serial = TRY(plain(*disk, "serial")),
                      .model = TRY(plain(*disk, "model")),
                      .id = TRY(plain(*disk, "by-id")),
                      .path = TRY(plain(*disk, "path")),
                      .transport = TRY(read_one(*disk, "transport", "", {transports.begin(), transports.end()}))};
    selector.min_size = TRY(read_size(*disk, "min-size", selector.min_size));
    selector.max_size = TRY(read_size(*disk, "max-size", selector.max_size));
    if (selector.max_size < selector.min_size)
        return disk->refuse("max-size", "is less than min-size; no disk can be both");
    return selector;
}

Result<std::string> read_hostname(const Mapping& top) {
    std::string name = TRY(plain(top, "hostname"));
    if (!name.empty() && !is_hostname(name))
        return top.refuse("hostname", "is not a host name; write letters, digits and inner hyphens, at most 63");
    return name;
}

Result<std::string> read_pin(const Mapping& top) {
    std::string pin = TRY(top.text("pin", ""));
    if (!top.has("pin")) return pin;
    if (const auto checked = storage::check_pin(pin); !checked) return top.refuse("pin", checked.error().what);
    return pin;
}

// "TYPE BASE64 [COMMENT]" on one line, as sshd(8) reads it, and without options.
bool is_public_key(std::string_view line) {
    const bool known = line.starts_with("ssh-") || line.starts_with("ecdsa-sha2-") || line.starts_with("sk-");
    const bool printable = std::ranges::all_of(line, [](char c) { return c >= ' ' && c <= '~'; });
    return known && printable && line.contains(" AAAA") && line.size() <= 8192;
}

Result<std::vector<std::string>> read_keys(const Mapping& top, Kind medium) {
    if (!top.has("authorized-keys")) return std::vector<std::string>{};
    if (medium != Kind::Development)
        return top.refuse("authorized-keys", "is for development images only; remove it, this one has no SSH");
    auto keys = TRY(top.texts("authorized-keys"));
    if (!std::ranges::all_of(keys, is_public_key))
        return top.refuse("authorized-keys", "holds a line that is no public key; write 'ssh-ed25519 AAAA… name'");
    return keys;
}

}  // namespace

Result<std::uint64_t> parse_size(std::string_view text) {
    const auto refuse = [&] {
        return fail(Code::Corrupt,
                    "'" + std::string(text) + "' is no size; write a number with K, M, G or T, such as 20G");
    };
    std::uint64_t number = 0;
    const auto* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc() || end - rest > 1) return refuse();
    constexpr std::string_view units = "KMGT";
    const auto unit = rest == end ? 0 : units.find(*rest) + 1;  // npos + 1 is 0
    if (rest != end && unit == 0) return refuse();
    const unsigned shift = static_cast<unsigned>(unit) * 10;
    if (number > (std::numeric_limits<std::uint64_t>::max() >> shift)) return refuse();
    return number << shift;
}

bool is_hostname(std::string_view text) {
    return !text.empty() && text.size() <= 63 && text.front() != '-' && text.back() != '-' &&
           std::ranges::all_of(text, [](char c) { return c == '-' || is_alphanumeric(c); });
}

Result<Answers> parse_answers(std::string_view yaml, Kind medium) {
    if (yaml.size() > answers_limit) return fail(Code::Corrupt, "install.yaml is larger than 64 KiB, refused");
    const auto top = TRY(Mapping::parse(yaml, "install.yaml"));
    TRY(top.only({"disk", "wipe", "reinstall", "hostname", "after", "on-refusal", "authorized-keys", "pin", "enroll"}));
    Answers answers{.disk = TRY(read_selector(top)),
                    .wipe = TRY(top.boolean("wipe", false)),
                    .reinstall = TRY(top.boolean("reinstall", false)),
                    .hostname = TRY(read_hostname(top))};
    if (answers.reinstall && !answers.wipe)
        return top.refuse("reinstall", "is true without 'wipe: true'; an installed disk holds data, so write both");
    const std::string after = TRY(read_one(top, "after", "poweroff", {"reboot", "poweroff"}));
    const std::string on_refusal = TRY(read_one(top, "on-refusal", "wait", {"wait", "poweroff"}));
    answers.after = after == "reboot" ? After::Reboot : After::Poweroff;
    answers.on_refusal = on_refusal == "poweroff" ? OnRefusal::Poweroff : OnRefusal::Wait;
    answers.authorized_keys = TRY(read_keys(top, medium));
    answers.pin = TRY(read_pin(top));
    if (const auto enroll = TRY(top.optional_child("enroll")))
        answers.invitation = TRY(identity::read_invitation(*enroll));
    return answers;
}

}  // namespace holdfast::install
