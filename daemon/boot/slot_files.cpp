#include "base/crash_point.hpp"
#include "base/file.hpp"
#include "boot/copy.hpp"
#include "boot/esp.hpp"
#include "boot/slots.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <unistd.h>
#include <vector>

namespace holdfast::boot {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view extra_suffix = ".extra.d";
constexpr auto addon_name = "slot.addon.efi";

fs::path folder(const fs::path& esp) {
    return esp / "EFI/Linux";
}

// systemd-stub(7) leaves the counter away when it looks for the folder of addons.
fs::path extra_of(const fs::path& linux, const Entry& entry) {
    return linux / (entry_name({entry.slot, entry.generation, std::nullopt}) + std::string(extra_suffix));
}

struct Found {
    std::vector<Entry> entries, addons;  // `addons` are entries by the names of their folders
};

// What is there of both slots.
Result<Found> look(const fs::path& linux) {
    Found found;
    std::error_code error;
    for (const auto& file : fs::directory_iterator(linux, error)) {
        if (is_empty_file(file)) continue;
        std::string name = file.path().filename().string();
        const bool extra = name.ends_with(extra_suffix);
        if (extra) name.resize(name.size() - extra_suffix.size());
        if (const auto entry = parse_entry_name(name)) (extra ? found.addons : found.entries).push_back(*entry);
    }
    if (error && error != std::errc::no_such_file_or_directory)
        return std::unexpected(system_error(error.value(), linux, "cannot list"));
    return found;
}

unsigned next_generation(const Found& found) {
    unsigned highest = 0;
    for (const auto* list : {&found.entries, &found.addons})
        for (const auto& entry : *list) highest = std::max(highest, entry.generation);
    return highest + 1;
}

Result<Entry> newest(const Found& found, Slot slot) {
    const Entry* newest = nullptr;
    for (const auto& entry : found.entries)
        if (entry.slot == slot && (!newest || entry.generation > newest->generation)) newest = &entry;
    if (newest) return *newest;
    return fail(Code::NotFound, std::string("slot ") + letter(slot) + " has no entry on the EFI system partition");
}

// The entries of the slot below `generation`, then their addons.
Result<> remove_older(const fs::path& linux, Slot slot, unsigned generation) {
    const Found found = TRY(look(linux));
    const auto older = [&](const Entry& entry) { return entry.slot == slot && entry.generation < generation; };
    for (const auto& entry : found.entries) {
        const fs::path file = linux / entry_name(entry);
        if (older(entry) && ::unlink(file.c_str()) < 0)
            return std::unexpected(system_error(errno, file, "cannot remove"));
    }
    crash_point("slot.entries-removed");
    for (const auto& entry : found.addons)
        if (older(entry)) TRY(remove_tree(extra_of(linux, entry)));
    std::error_code none;
    return fs::exists(linux, none) ? sync_directory(linux) : Result<>();
}

std::uint64_t held_by(const fs::path& linux, const Found& found, Slot slot) {
    std::uint64_t bytes = 0;
    std::error_code error;
    for (const auto& entry : found.entries)
        if (entry.slot == slot) bytes += fs::file_size(linux / entry_name(entry), error);
    return bytes;
}

void remove_all_unfinished(const fs::path& linux, const Found& found) {
    remove_unfinished(linux);
    for (const auto& entry : found.addons) remove_unfinished(extra_of(linux, entry));
}

std::array<Copy, 2> copies_of(const fs::path& linux, const Entry& entry, const SlotFiles& files) {
    // The addon first: an entry without it would boot with no slot on its command line.
    return {{{files.addon, extra_of(linux, entry) / addon_name}, {files.uki, linux / entry_name(entry)}}};
}

Result<> rename_entry(const fs::path& linux, const Entry& from, const Entry& to) {
    return rename_synced(linux / entry_name(from), linux / entry_name(to));
}

}  // namespace

Result<unsigned> write_slot(const fs::path& esp, char slot, const SlotFiles& files) {
    const fs::path linux = folder(esp);
    const Found found = TRY(look(linux));
    const Entry entry{TRY(slot_named(slot)), next_generation(found), Tries{files.tries, 0}};
    const auto copies = copies_of(linux, entry, files);
    remove_all_unfinished(linux, found);
    TRY(room_for(esp, copies));
    TRY(place_all(copies));
    TRY(remove_older(linux, entry.slot, entry.generation));
    // FAT has no journal: what the folders point at must be down before the caller calls it done.
    TRY(sync_directory(extra_of(linux, entry)));
    return entry.generation;
}

Result<> room_for_slot(const fs::path& esp, char slot, std::uint64_t uki, std::uint64_t addon) {
    const Slot which = TRY(slot_named(slot));
    const fs::path linux = folder(esp);
    const Found found = TRY(look(linux));
    // What a broken attempt left takes no room from this one.
    remove_all_unfinished(linux, found);
    return room_for_sizes(esp, std::array{uki, addon}, held_by(linux, found, which));
}

Result<> remove_slot(const fs::path& esp, char slot) {
    const Slot which = TRY(slot_named(slot));
    const fs::path linux = folder(esp);
    const Found found = TRY(look(linux));
    remove_all_unfinished(linux, found);
    return remove_older(linux, which, next_generation(found));
}

Result<unsigned> prefer_slot(const fs::path& esp, char slot, unsigned tries) {
    const Slot which = TRY(slot_named(slot));
    const fs::path linux = folder(esp);
    const Found found = TRY(look(linux));
    const Entry now = TRY(newest(found, which));
    const Entry then{which, next_generation(found), Tries{tries, 0}};
    const Copy addon{extra_of(linux, now) / addon_name, extra_of(linux, then) / addon_name};
    TRY(room_for(esp, std::span(&addon, 1)));
    TRY(place(addon));
    crash_point("slot.addon-copied");
    TRY(rename_entry(linux, now, then));
    crash_point("slot.preferred");
    TRY(remove_older(linux, which, then.generation));
    return then.generation;
}

Result<> arm_slot(const fs::path& esp, char slot, unsigned tries) {
    const Slot which = TRY(slot_named(slot));
    const fs::path linux = folder(esp);
    const Found found = TRY(look(linux));
    const Entry now = TRY(newest(found, which));
    return rename_entry(linux, now, {which, now.generation, Tries{tries, 0}});
}

Result<> give_up_slot(const fs::path& esp, char slot) {
    const Slot which = TRY(slot_named(slot));
    const fs::path linux = folder(esp);
    const Found found = TRY(look(linux));
    const Entry now = TRY(newest(found, which));
    const unsigned done = now.tries ? now.tries->done + now.tries->left : 0;
    return rename_entry(linux, now, {which, now.generation, Tries{0, done}});
}

}  // namespace holdfast::boot
