#include "install/choose.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <format>
#include <functional>

namespace holdfast::install {

namespace {

struct Question {
    const Disk& disk;
    const Wish& wish;
    std::uint64_t needed;
};

// A whole path of a device, or one of the names that udev gives it.
bool is_named(std::string_view wanted, const Disk& disk, const std::vector<std::string>& names) {
    const std::string_view last = wanted.substr(wanted.rfind('/') + 1);
    return wanted == disk.node.string() || std::ranges::contains(names, last);
}

std::string or_none(const std::string& text) {
    return text.empty() ? "none" : "'" + text + "'";
}

std::string mismatch(const Disk& disk, const Selector& wanted) {
    if (!wanted.serial.empty() && wanted.serial != disk.serial)
        return "its serial is " + or_none(disk.serial) + ", install.yaml wants '" + wanted.serial + "'";
    if (!wanted.model.empty() && wanted.model != disk.model)
        return "its model is " + or_none(disk.model) + ", install.yaml wants '" + wanted.model + "'";
    if (!wanted.id.empty() && !is_named(wanted.id, disk, disk.ids))
        return "install.yaml wants the disk that by-id calls '" + wanted.id + "'";
    if (!wanted.path.empty() && !is_named(wanted.path, disk, disk.paths))
        return "install.yaml wants the disk that by-path calls '" + wanted.path + "'";
    if (!wanted.transport.empty() && wanted.transport != disk.transport)
        return "its transport is " + or_none(disk.transport) + ", install.yaml wants '" + wanted.transport + "'";
    if (disk.size < wanted.min_size)
        return "install.yaml wants at least " + in_gib(wanted.min_size) + ", it has " + in_gib(disk.size);
    if (disk.size > wanted.max_size)
        return "install.yaml wants at most " + in_gib(wanted.max_size) + ", it has " + in_gib(disk.size);
    return {};
}

std::string is_medium(const Question& q) {
    return q.disk.medium ? "it is the medium that this installer was started from" : "";
}

std::string is_other_medium(const Question& q) {
    return q.disk.carries_medium ? "it carries a Holdfast installation medium" : "";
}

std::string is_read_only(const Question& q) {
    return q.disk.read_only ? "it is read-only" : "";
}

std::string is_removable(const Question& q) {
    const bool meant = q.wish.disk.points() && mismatch(q.disk, q.wish.disk).empty();
    return q.disk.removable && !meant ? "it is removable; only install.yaml can name it (serial, by-id or path)" : "";
}

std::string is_in_use(const Question& q) {
    return q.disk.in_use ? "it is in use" : "";
}

std::string is_too_small(const Question& q) {
    if (q.disk.size >= q.needed) return {};
    return "it is too small: " + in_gib(q.needed) + " needed, " + in_gib(q.disk.size) + " found";
}

std::string is_not_meant(const Question& q) {
    return mismatch(q.disk, q.wish.disk);
}

std::string holds_data(const Question& q) {
    const std::string lost = would_lose(q.disk);
    if (lost.empty() || (q.wish.wipe && q.wish.disk.names())) return {};
    return "it holds data (" + lost +
           "); to erase it, install.yaml must name the disk (serial, model, by-id or path) " + "and say 'wipe: true'";
}

// A medium that stays in the drive, with answers that allow wiping and end in a restart, would otherwise erase the
// box at every start.
std::string is_installed_already(const Question& q) {
    if (q.wish.reinstall || q.disk.installed_from.empty() || q.disk.installed_from != q.wish.medium) return {};
    return "it was installed from this very medium already; take the medium out, or write 'reinstall: true' beside "
           "'wipe: true'";
}

using Reason = std::string (*)(const Question&);

// The first that applies is told, so the ones that no wish can change stand first.
constexpr Reason always[] = {is_medium, is_other_medium, is_read_only, is_removable, is_in_use, is_too_small};
constexpr Reason by_wish[] = {is_not_meant, holds_data, is_installed_already};

template <std::size_t N>
std::string first_reason(const Reason (&reasons)[N], const Question& question) {
    for (const Reason reason : reasons)
        if (std::string text = reason(question); !text.empty()) return text;
    return {};
}

std::string names_of(const std::vector<const Disk*>& disks) {
    std::vector<std::string> names;
    for (const auto* disk : disks) names.push_back(disk->name);
    return join(names, " and ");
}

Choice none(Choice choice, std::string why) {
    choice.why = std::move(why);
    return choice;
}

}  // namespace

std::string in_gib(std::uint64_t bytes) {
    return std::format("{:.1f} GiB", static_cast<double>(bytes) / (1024.0 * 1024.0 * 1024.0));
}

std::string describe(const Disk& disk) {
    std::string text = disk.name + " (";
    for (const auto& part : {disk.transport, disk.model, disk.serial})
        if (!part.empty()) text += part + ", ";
    return text + in_gib(disk.size) + ")";
}

std::string would_lose(const Disk& disk) {
    return disk.unfinished ? std::string() : join(disk.holds, ", ");
}

std::string never(const Disk& disk, std::uint64_t needed) {
    return first_reason(always, {disk, {}, needed});
}

Choice choose(const std::vector<Disk>& disks, const Wish& wish, std::uint64_t needed) {
    Choice choice;
    std::vector<const Disk*> meant, free;
    for (const auto& disk : disks) {
        const Question question{disk, wish, needed};
        std::string reason = first_reason(always, question);
        if (reason.empty() && is_not_meant(question).empty()) meant.push_back(&disk);
        if (reason.empty()) reason = first_reason(by_wish, question);
        if (reason.empty())
            free.push_back(&disk);
        else
            choice.refused.push_back({describe(disk), std::move(reason)});
    }
    // Two disks that answer to one name: whoever wrote it had one in mind, and it may be the one with the data.
    if (wish.disk.names() && meant.size() > 1)
        return none(std::move(choice), "install.yaml matches more than one disk: " + names_of(meant));
    if (free.size() > 1)
        return none(std::move(choice), "more than one disk could take the system: " + names_of(free) +
                                           "; name one in install.yaml (disk: serial, model, by-id or path)");
    if (free.empty()) {
        const bool missed = wish.disk.names() && meant.empty();
        return none(std::move(choice), missed ? "install.yaml matches no disk" : "no disk can take the system");
    }
    choice.disk = *free.front();
    return choice;
}

}  // namespace holdfast::install
