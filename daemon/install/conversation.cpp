#include "install/conversation.hpp"

#include "storage/pin.hpp"

namespace holdfast::install {

namespace {

struct Offer {
    std::vector<Disk> disks;
    std::vector<Refusal> refused;
};

Offer sort_out(const std::vector<Disk>& disks, std::uint64_t needed) {
    Offer offer;
    for (const auto& disk : disks) {
        if (auto reason = never(disk, needed); !reason.empty())
            offer.refused.push_back({describe(disk), reason});
        else
            offer.disks.push_back(disk);
    }
    return offer;
}

std::string state_of(const Disk& disk) {
    if (disk.unfinished) return "an installation that did not end";
    const std::string lost = would_lose(disk);
    return lost.empty() ? "empty" : "HOLDS DATA: " + lost;
}

void show(Console& console, const std::vector<Disk>& disks) {
    console.say("");
    console.say("Holdfast can be installed on:");
    for (std::size_t i = 0; i < disks.size(); ++i)
        console.say("  " + std::to_string(i + 1) + ")  " + describe(disks[i]) + "  " + state_of(disks[i]));
}

Result<Disk> ask_disk(Console& console, const std::vector<Disk>& disks) {
    for (;;) {
        const std::string answer = TRY(console.ask("Which one? (a number, or 'quit')"));
        if (answer == "quit") return fail(Code::Denied, "ended at the console");
        for (std::size_t i = 0; i < disks.size(); ++i)
            if (answer == std::to_string(i + 1)) return disks[i];
        console.say("'" + answer + "' is none of the numbers above.");
    }
}

Result<> ask_consent(Console& console, const Disk& disk) {
    const std::string lost = would_lose(disk);
    if (lost.empty()) return {};
    const std::string words = "erase " + disk.name;
    console.say("Everything on " + describe(disk) + " will be lost: " + lost);
    const std::string answer = TRY(console.ask("Type '" + words + "' to go on, anything else to end:"));
    return answer == words ? Result<>() : fail(Code::Denied, "no consent to erase " + describe(disk));
}

Result<std::string> ask_hostname(Console& console) {
    for (;;) {
        std::string answer = TRY(console.ask("Name of this box (empty for the image's own):"));
        if (answer.empty() || is_hostname(answer)) return answer;
        console.say("'" + answer + "' is no host name: letters, digits and inner hyphens, at most 63.");
    }
}

}  // namespace

void show_refused(Console& console, const std::vector<Refusal>& refused) {
    for (const auto& [disk, reason] : refused) console.say("holdfast-install: not on " + disk + ": " + reason);
}

Result<std::string> ask_new_pin(Console& console) {
    console.say("The disk of this box will be sealed to its TPM and to a PIN, which it asks for at each start.");
    for (;;) {
        const std::string pin = TRY(console.ask_hidden("New PIN (it is not shown):"));
        if (const auto checked = storage::check_pin(pin); !checked) {
            console.say(checked.error().what + ".");
            continue;
        }
        if (TRY(console.ask_hidden("The same again:")) == pin) return pin;
        console.say("These were two different ones.");
    }
}

Result<Agreed> converse(Console& console, const std::vector<Disk>& disks, std::uint64_t needed) {
    const Offer offer = sort_out(disks, needed);
    show_refused(console, offer.refused);
    if (offer.disks.empty()) return fail(Code::Denied, "no disk can take the system");
    show(console, offer.disks);
    Disk disk = TRY(ask_disk(console, offer.disks));
    TRY(ask_consent(console, disk));
    return Agreed{std::move(disk), TRY(ask_hostname(console))};
}

}  // namespace holdfast::install
