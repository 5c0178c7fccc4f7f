#include "update/updater.hpp"

#include "base/crash_point.hpp"
#include "base/file.hpp"
#include "boot/esp.hpp"
#include "boot/revocation.hpp"
#include "boot/slots.hpp"
#include "content/bundle_file.hpp"
#include "content/refs.hpp"
#include "content/sysroot.hpp"
#include "content/unbundle.hpp"
#include "update/evidence.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <limits>

namespace holdfast::update {

namespace {

namespace fs = std::filesystem;

constexpr auto staged_ref = "holdfast-update/staged";  // keeps what is not in a slot yet from being cleaned away
const std::string content_ref = "holdfast-content/";   // and the name of what came beside a system
constexpr auto boot_files = "usr/lib/holdfast/boot";
constexpr unsigned tries = 3;
constexpr std::int64_t seconds_of_a_day = 86'400;
constexpr std::size_t digits_of_a_commit = 8;  // or more, by which a person names one
constexpr std::uint64_t budget_step = 4UL << 20U;

std::string addon_of(char slot) {
    return std::string("slot-") + slot + ".addon.efi";
}

bool names(const std::string& asked, const Offer& offer) {
    return asked == offer.facts.version || (asked.size() >= digits_of_a_commit && offer.commit.starts_with(asked));
}

Result<Fd> lock(const fs::path& root) {
    TRY(make_directories(root / journal_folder));
    const fs::path file = root / journal_folder / "lock";
    Fd opened(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!opened) return std::unexpected(system_error(errno, file, "cannot open"));
    // Of this process alone: libostree forks helpers, which would hold a lock of the open file a little longer.
    struct flock whole{};
    whole.l_type = F_WRLCK;
    if (::fcntl(opened.number(), F_SETLK, &whole) == 0) return opened;
    if (errno != EACCES && errno != EAGAIN) return std::unexpected(system_error(errno, file, "cannot lock"));
    return fail(Code::Busy, "another step of an update is being done; look with: holdfast update status");
}

}  // namespace

Result<Updater> Updater::open(Ports ports) {
    Fd locked = TRY(lock(ports.root));
    std::string told;
    Journal journal = TRY(load_journal(ports.root, told));
    if (!told.empty() && ports.notice) ports.notice(told);
    return Updater(std::move(ports), std::move(locked), std::move(journal));
}

Result<> Updater::step(Event event, const std::string& detail) {
    Attempt* attempt = journal_.current();
    if (!attempt) return fail(Code::Bug, "there is no update to go on with");
    TRY(advance(*attempt, event, moment(), detail));
    return save();
}

void Updater::tell(const std::string& phase, std::uint64_t done, std::uint64_t total) const {
    if (ports_.progress) ports_.progress({phase, done, total});
}

Result<Updater::Running> Updater::running() const {
    Running running;
    running.slot = TRY(boot::booted_slot(ports_.root));
    running.commit = TRY(boot::slot_commit(ports_.root, running.slot));
    running.other = boot::slot_commit(ports_.root, boot::other(running.slot)).value_or("");
    return running;
}

Basis Updater::basis(const Running& running, Spare spare) const {
    Basis basis{.ref = ports_.settings.ref.empty() ? ports_.ref : ports_.settings.ref,
                .have = {running.commit},
                .sysroot = ports_.root,
                .trust = {ports_.root / "usr/share/holdfast/release.gpg", journal_.revoked},
                .downloads = ports_.root / journal_folder / "downloads"};
    const bool other = !running.other.empty() && running.other != running.commit;
    if (other && spare == Spare::Stays) basis.have.push_back(running.other);
    const Attempt* attempt = journal_.current();
    basis.full_only = attempt && attempt->state == State::Downloading && attempt->whole;
    return basis;
}

// ---- what is there to run ----------------------------------------------------------------------------------------

Result<std::uint64_t> Updater::floor() const {
    if (journal_.floor > 0) return journal_.floor;
    const auto here = TRY(running());
    return TRY(content::facts_of(ports_.root / "ostree/repo", here.commit)).time;
}

Result<> Updater::acceptable(const Offer& offer, const std::string& downgrade_to) const {
    if (const Attempt* held = journal_.held(offer.commit))
        return fail(Code::Denied,
                    "version " + held->version + " (commit " + held->commit.substr(0, 12) +
                        ") is held: " + held->cause +
                        ". A newer one will be taken; to try this one again: holdfast update release-hold " +
                        held->commit.substr(0, 12));
    const std::uint64_t oldest = TRY(floor());
    if (offer.facts.time >= oldest) return {};
    if (!downgrade_to.empty() && names(downgrade_to, offer)) return {};
    return fail(Code::Denied, "version " + offer.facts.version +
                                  " is older than what ran last; to go back to it all the "
                                  "same, name it: --downgrade-to " +
                                  offer.facts.version);
}

Result<std::optional<Offer>> Updater::offered(const std::string& asked, const std::string& downgrade_to, Spare spare) {
    const std::string place = source(asked);
    if (place.empty())
        return fail(Code::NotFound,
                    "there is no source to update from; give one, or write 'source:' into /etc/holdfast/update.yaml");
    tell("checking", 0, 0);
    oldest_ = static_cast<std::int64_t>(TRY(floor()));
    const auto here = TRY(running());
    auto offer = TRY(look(ports_.link, place, basis(here, spare)));
    if (!downgrade_to.empty() && (!offer || !names(downgrade_to, *offer)))
        return fail(Code::NotFound, "the source has no version '" + downgrade_to + "' for this box; what it has is " +
                                        (offer ? "version " + offer->facts.version : "what runs already"));
    if (offer) TRY(acceptable(*offer, downgrade_to));
    return offer;
}

Result<std::optional<Offer>> Updater::check(const std::string& asked, const std::string& downgrade_to) {
    ports_.link.spend = [this](std::uint64_t bytes) { return spend(bytes); };
    auto offer = offered(asked, downgrade_to);
    TRY(save());
    return offer;
}

// ---- its content --------------------------------------------------------------------------------------------------

Result<std::uint64_t> Updater::spend(std::uint64_t bytes) {
    // A clock that begins before what runs was made, until somebody sets it, begins no new day.
    const std::int64_t wall = moment().wall, today = wall / seconds_of_a_day;
    if (today != journal_.budget_day && wall >= oldest_) {
        journal_.budget_day = today;
        journal_.budget_used = 0;
    }
    const std::uint64_t limit = ports_.settings.bytes_per_day;
    if (limit > 0 && (journal_.budget_used >= limit || journal_.budget_used + bytes > limit)) {
        journal_.budget_used = limit;  // a server that cannot send parts sent more than was asked for
        return fail(Code::Busy, "the byte budget of this day is used up (" + std::to_string(limit >> 20U) +
                                    " MiB); it goes on tomorrow where it stopped");
    }
    // Written down now and then: a cut must not give the day back.
    const bool due = (journal_.budget_used + bytes) / budget_step > journal_.budget_used / budget_step;
    journal_.budget_used += bytes;
    if (Attempt* attempt = journal_.current(); attempt && attempt->state == State::Downloading)
        attempt->fetched += bytes;
    if (limit == 0) return std::numeric_limits<std::uint64_t>::max();
    if (due) TRY(save());
    return limit - journal_.budget_used;
}

// Whether there is anything to do for it: not where it waits to be applied already.
Result<bool> Updater::wanted(const Offer& offer) const {
    const Attempt* now_on = journal_.current();
    if (!now_on || ended(now_on->state)) return true;
    if (now_on->commit == offer.commit) return now_on->state == State::Downloading;
    if (armed(now_on->state) || now_on->state == State::RolledBack)
        return fail(Code::Busy, "version " + now_on->version + " is " + std::string(text(now_on->state)) +
                                    "; wait for its end: holdfast update status");
    return true;
}

// Whether the system partition is too small for three systems, so that the spare slot goes before the new one is
// unpacked: it is written over in any case.
Result<bool> Updater::is_tight(const Offer& offer, const Running& here) const {
    const Basis ours = basis(here);
    TRY(room_to_fetch(offer, ours));
    const auto fits = room_to_unpack(offer, ours);
    if (fits) return false;
    const bool would = fits.error().code == Code::NoSpace && !here.other.empty() && fits_at_all(offer, ours);
    if (!would) return std::unexpected(fits.error());
    TRY(good_enough_to_leave(here));
    return true;
}

// What came of releases that nobody wants any more.
Result<> Updater::remove_old_downloads(const Offer& offer) const {
    return remove_entries(ports_.root / journal_folder / "downloads",
                          [&](const fs::path& each) { return each != offer.file; });
}

// Not before all of the new one is here: until then there is a slot to go back to.
Result<> Updater::make_room(const Offer& offer) {
    const auto here = TRY(running());
    if (room_to_unpack(offer, basis(here))) return {};
    notice("the disk is too full for the update; the other slot's system is removed for it");
    TRY(free_spare(here));
    crash_point("update.spare-freed");
    return room_to_unpack(offer, basis(TRY(running())));
}

// A new attempt, unless the one of now is for this commit already.
Result<> Updater::begin(const Offer& offer, const std::string& place, const std::string& downgrade_to) {
    const Attempt* now_on = journal_.current();
    if (now_on && !ended(now_on->state)) {
        if (now_on->commit == offer.commit) {
            journal_.current()->source = http::shown(place);
            return save();
        }
        TRY(give_up("version " + offer.facts.version + " came"));
    }
    const std::string runs = TRY(running()).commit;
    const bool older = offer.facts.time < TRY(floor());
    journal_.attempts.push_back({.ref = offer.header.contents[offer.content].ref,
                                 .commit = offer.commit,
                                 .version = offer.facts.version,
                                 .time = offer.facts.time,
                                 .from = runs,
                                 .source = http::shown(place),  // the journal is for everybody
                                 .downgrade = older && !downgrade_to.empty()});
    TRY(step(Event::Found));
    crash_point("update.found");
    return {};
}

Result<> Updater::give_up(const std::string& why) {
    Attempt* attempt = journal_.current();
    if (attempt->slot) TRY(boot::remove_slot(ports_.root / "efi", attempt->slot));
    TRY(content::drop_ref(ports_.root / "ostree/repo", staged_ref));
    return step(Event::Superseded, why);
}

// Content beside the system is as signed as that is, and an older one of it is as old.
Result<> Updater::not_older(const content::Content& other) const {
    const fs::path repo = ports_.root / "ostree/repo";
    const auto here = content::resolve(repo, content_ref + other.ref);
    if (!here) return here.error().code == Code::NotFound ? Result<>() : std::unexpected(here.error());
    const auto ours = TRY(content::facts_of(repo, *here)), theirs = TRY(content::parse_commit(other.object));
    if (theirs.time >= ours.time) return {};
    return fail(Code::Denied, "this bundle has an older '" + other.ref + "' than this box has already");
}

Result<> Updater::unpack(const Offer& offer, const Basis& basis) {
    const auto bundle = TRY(content::BundleFile::open(offer.file, basis.trust));
    const fs::path repo = basis.sysroot / "ostree/repo";
    const auto is_system = [&](const content::Content& each) {
        return each.commit == offer.commit && each.ref == offer.header.contents[offer.content].ref;
    };
    for (const auto& each : bundle.header().contents)
        if (!is_system(each)) TRY(not_older(each));
    for (const auto& each : bundle.header().contents) {
        TRY(content::unbundle(bundle, each, basis.sysroot, basis.trust,
                              [&](std::uint64_t done, std::uint64_t total) { tell("unpacking", done, total); }));
        TRY(content::set_ref(repo, is_system(each) ? staged_ref : content_ref + each.ref, each.commit));
    }
    return {};
}

// The medium may be damaged, so nothing is held for it. A difference whose every byte came as signed and that still
// does not make its commit will not do so tomorrow.
Result<> Updater::note_failure(const Offer& offer, const Basis& from, const Error& why) {
    journal_.current()->cause = why.what;
    if (why.code == Code::Corrupt && is_online(offer.bundle)) {
        journal_.current()->whole = true;
        TRY(remove_tree(from.downloads));
    }
    return save();
}

Result<bool> Updater::download(const std::string& asked, const std::string& downgrade_to) {
    ports_.link.spend = [this](std::uint64_t bytes) { return spend(bytes); };
    auto offer = TRY(offered(asked, downgrade_to));
    if (!offer || !TRY(wanted(*offer))) return false;
    const auto here = TRY(running());
    TRY(remove_old_downloads(*offer));
    bool tight = TRY(is_tight(*offer, here));
    // A difference from what is to go would find nothing to differ from. What comes instead is larger.
    const std::string base = offer->header.contents[offer->content].from;
    if (tight && !base.empty() && base != here.commit) {
        offer = TRY(offered(asked, downgrade_to, Spare::Goes));
        if (!offer) return false;
        tight = TRY(is_tight(*offer, here));
    }
    TRY(begin(*offer, source(asked), downgrade_to));
    const auto from = basis(here);
    auto got = get(ports_.link, *offer, from,
                   [&](std::uint64_t have, std::uint64_t total) { tell("downloading", have, total); });
    TRY(save());  // what it cost
    if (!got) return std::unexpected(got.error());
    crash_point("update.fetched");
    if (tight) TRY(make_room(*offer));
    if (auto unpacked = unpack(*offer, from); !unpacked) {
        TRY(note_failure(*offer, from, unpacked.error()));
        return std::unexpected(unpacked.error());
    }
    crash_point("update.unpacked");
    journal_.current()->cause.clear();
    TRY(step(Event::Pulled));
    if (is_online(offer->bundle)) TRY(remove_tree(from.downloads));
    return true;
}

// ---- the spare slot -----------------------------------------------------------------------------------------------

// Whoever leaves a slot that has not passed its trial may end with two that did not.
Result<> Updater::good_enough_to_leave(const Running& here) const {
    const auto standing = boot::standing_now(ports_.root, here.slot);
    if (std::holds_alternative<boot::Blessed>(standing)) return {};
    if (const auto* untold = std::get_if<boot::Untold>(&standing))
        return fail(Code::Denied, "whether the running slot has passed its trial cannot be told: " + untold->why);
    return fail(Code::Busy, std::string("slot ") + boot::letter(here.slot) +
                                ", which runs, is on trial itself; wait for its verdict");
}

Result<> Updater::free_spare(const Running& here) {
    TRY(good_enough_to_leave(here));
    const char spare = boot::letter(boot::other(here.slot));
    TRY(boot::remove_slot(ports_.root / "efi", spare));
    return content::undeploy(ports_.root, spare);
}

// Asked before anything of the spare slot is touched.
Result<> Updater::would_fit(const Running& here) const {
    const Attempt& attempt = *journal_.current();
    const char spare = boot::letter(boot::other(here.slot));
    const fs::path repo = ports_.root / "ostree/repo";
    const std::uint64_t uki = TRY(content::file_size(repo, attempt.commit, fs::path(boot_files) / "holdfast.efi"));
    const std::uint64_t addon = TRY(content::file_size(repo, attempt.commit, fs::path(boot_files) / addon_of(spare)));
    TRY(boot::room_for_slot(ports_.root / "efi", spare, uki, addon));
    return firmware_would_take(attempt.commit, spare);
}

Result<> Updater::write_spare(const Running& here) {
    Attempt& attempt = *journal_.current();
    const char spare = boot::letter(boot::other(here.slot));
    const fs::path esp = ports_.root / "efi";
    tell("making room", 0, 0);
    // First its entry: with it a start could end in a half-written deployment.
    TRY(boot::remove_slot(esp, spare));
    crash_point("update.slot-removed");
    tell("deploying", 0, 0);
    const fs::path deployed = TRY(content::deploy(ports_.root, attempt.commit, spare, content::Place::Disk));
    crash_point("update.deployed");
    tell("reading back", 0, 0);
    if (auto same = content::read_back(ports_.root, attempt.commit, here.commit); !same) {
        // All of it goes, so that it is fetched anew and lies elsewhere on the disk.
        TRY(give_up(same.error().what));
        TRY(free_spare(here));
        return same;
    }
    tell("writing the boot files", 0, 0);
    const fs::path files = deployed / boot_files;
    attempt.generation = TRY(
        boot::write_slot(esp, spare, {.uki = files / "holdfast.efi", .addon = files / addon_of(spare), .tries = 0}));
    attempt.slot = spare;
    crash_point("update.slot-written");
    return step(Event::Written);
}

// A clock that stands before what ran last was made is wrong, and nobody knows what time of the day it is.
Result<bool> Updater::window_open() const {
    const auto& window = ports_.settings.window;
    if (window.always()) return true;
    const auto wall = moment().wall;
    if (wall >= 0 && static_cast<std::uint64_t>(wall) >= TRY(floor())) return window.open_at(minute_of_week(wall));
    notice("the clock is wrong: it stands before the time at which what runs was made. The window '" + window.text() +
           "' is kept closed; to restart all the same: holdfast update apply --now");
    return false;
}

// Before the old spare slot goes: what this firmware has revoked is no system to come back to.
Result<> Updater::firmware_would_take(const std::string& commit, char spare) const {
    const auto revocations = boot::read_revocations(ports_.root);
    if (!revocations || revocations->secure_boot != boot::SecureBoot::Enabled) return {};
    for (const auto& name : {std::string("holdfast.efi"), addon_of(spare)}) {
        std::string bytes =
            TRY(content::read_file(ports_.root / "ostree/repo", commit, fs::path(boot_files) / name, boot::pe_limit));
        const auto program = boot::Pe::parse(std::move(bytes));
        const auto refused = program ? boot::refusal(*revocations, *program) : std::nullopt;
        if (program && !refused) continue;
        return fail(Code::Denied, "its " + name + " would not be started by this firmware: " +
                                      (program ? refused->what : program.error().what) +
                                      "; the other slot was not touched");
    }
    return {};
}

// Firmware with revocations of its own may refuse what was signed well: the new slot then is not started at all, and
// that the old one is refused is worth knowing before it is left.
Result<> Updater::firmware_takes_it() {
    const auto revocations = boot::read_revocations(ports_.root);
    if (!revocations) notice("the firmware's revocations cannot be read: " + revocations.error().what);
    if (!revocations || revocations->secure_boot != boot::SecureBoot::Enabled) return {};
    const Attempt& attempt = *journal_.current();
    const std::string ours = "holdfast-" + std::to_string(attempt.generation) + "-" + attempt.slot;
    for (const auto& program : TRY(boot::check_esp(*revocations, ports_.root / "efi"))) {
        if (!program.refusal) continue;
        const std::string why =
            program.file.string() + " would not be started by this firmware: " + program.refusal->what;
        if (program.file.string().contains(ours)) return fail(Code::Denied, why);
        notice(why + "; there may be no way back to it");
    }
    return {};
}

// The one rename after which the boot loader starts the spare slot; done again where a cut came before it.
Result<> Updater::arm() {
    const Attempt& attempt = *journal_.current();
    for (const auto& entry : TRY(boot::entries(ports_.root)))
        if (boot::letter(entry.slot) == attempt.slot && entry.generation == attempt.generation &&
            entry.tries == boot::Tries{0, 0})
            TRY(boot::arm_slot(ports_.root / "efi", attempt.slot, tries));
    crash_point("update.armed");
    return {};
}

// Where what the runtime keeps could not be saved, a rollback would leave it as the new version made it. A person who
// goes back wants that more than anything.
Result<> Updater::room_for_data() const {
    if (!ports_.settings.must_save || journal_.current()->goes_back()) return {};
    auto room = room_for_snapshot(ports_.root, paths_to_keep());
    if (room || room.error().code != Code::NoSpace) return room;
    return fail(Code::NoSpace,
                room.error().what + ". Make room, or do without: 'snapshot: wanted' in /etc/holdfast/update.yaml");
}

// Written at the last moment, so that the new slot has /etc as it is then, and the old one stays until then. What may
// be in its way is looked for before it is left to wait, and when its window is open.
Result<bool> Updater::prepare(const Running& here, When when) {
    const bool open = when == When::Now || TRY(window_open());
    if (!open && journal_.state() == State::WaitingForWindow) return false;
    TRY(room_for_data());
    const bool goes_back = journal_.current()->goes_back();
    if (!goes_back)
        TRY(would_fit(here));
    else if (journal_.state() == State::Staged)
        TRY(put_first(here));
    if (!open) {
        if (journal_.state() == State::Staged) TRY(step(Event::Closed));
        return false;
    }
    if (!goes_back) TRY(write_spare(here));
    TRY(firmware_takes_it());
    // Written down first: a slot that is armed and nobody knows of would be started by the next power cut.
    forget(ports_.root);
    TRY(step(Event::Opened, when == When::Now ? "by hand" : ""));
    crash_point("update.opened");
    return true;
}

Result<bool> Updater::apply(When when) {
    const State state = journal_.state();
    if (state != State::Staged && state != State::WaitingForWindow && state != State::Rebooting)
        return fail(Code::NotFound,
                    ports_.settings.source.empty()
                        ? "nothing is downloaded that could be applied; begin with: holdfast update download SOURCE"
                        : "nothing is downloaded that could be applied; begin with: holdfast update download");
    const auto here = TRY(running());
    TRY(good_enough_to_leave(here));
    if (state != State::Rebooting && !TRY(prepare(here, when))) return false;
    TRY(arm());
    TRY(content::drop_ref(ports_.root / "ostree/repo", staged_ref));
    return true;
}

// ---- people -------------------------------------------------------------------------------------------------------

Result<> Updater::roll_back(const std::string& why, Data data) {
    const auto here = TRY(running());
    if (here.other.empty())
        return fail(Code::NotFound,
                    "there is no other slot to go back to: nothing is in it yet, or it made room for a download");
    Attempt* attempt = journal_.current();
    if (attempt && !ended(attempt->state)) {
        if (armed(attempt->state) || attempt->state == State::RolledBack)
            return fail(Code::Busy, "version " + attempt->version + " is " + std::string(text(attempt->state)) +
                                        "; wait for its end: holdfast update status");
        attempt->keep_data = data == Data::AsItIs;
        if (attempt->goes_back()) return attempt->state == State::Staged ? put_first(here) : save();
        const bool written_over = attempt->slot != 0;
        TRY(give_up("a person went back"));
        if (written_over)
            return fail(Code::NotFound, "the other slot was being written; it is given up, and there is no older one");
    }
    if (const Attempt* held = journal_.held(here.other))
        return fail(Code::Denied, "the other slot has version " + held->version + ", which is held: " + held->cause +
                                      ". To start it all the same: holdfast update release-hold " +
                                      held->commit.substr(0, 12));
    const char spare = boot::letter(boot::other(here.slot));
    const auto facts = TRY(content::facts_of(ports_.root / "ostree/repo", here.other));
    journal_.attempts.push_back({.commit = here.other,
                                 .version = facts.version,
                                 .time = facts.time,
                                 .from = here.commit,
                                 .source = std::string("slot ") + spare,
                                 .downgrade = true,
                                 .keep_data = data == Data::AsItIs});
    TRY(step(Event::Found, why));
    TRY(step(Event::Pulled, "is in the other slot"));
    return put_first(here);
}

// What is in the other slot comes first, and is not started before it is armed as any other update is.
Result<> Updater::put_first(const Running& here) {
    const char spare = boot::letter(boot::other(here.slot));
    journal_.current()->generation = TRY(boot::prefer_slot(ports_.root / "efi", spare, 0));
    journal_.current()->slot = spare;
    crash_point("update.going-back");
    return step(Event::Written);
}

// What a person went back from is not taken again by itself.
Result<> Updater::hold_what_was_left() {
    const Attempt& back = *journal_.current();
    for (auto each = journal_.attempts.rbegin(); each != journal_.attempts.rend(); ++each) {
        if (each->commit != back.from || each->state != State::Good) continue;
        each->cause = "a person went back to version " + back.version;
        TRY(advance(*each, Event::Left, moment(), each->cause));
        return save();
    }
    return {};
}

Result<Attempt> Updater::release_hold(const std::string& commit) {
    const std::string runs = TRY(running()).commit;
    for (auto each = journal_.attempts.rbegin(); each != journal_.attempts.rend(); ++each) {
        const bool meant = commit.empty() ? each->commit != runs
                                          : commit.size() >= digits_of_a_commit && each->commit.starts_with(commit);
        if (!meant || journal_.held(each->commit) != &*each) continue;
        TRY(advance(*each, Event::Released, moment(), "by hand"));
        TRY(save());
        return *each;
    }
    return fail(Code::NotFound,
                commit.empty() ? "no commit is held"
                : commit.size() < digits_of_a_commit
                    ? "'" + commit + "' is too short; write 8 digits or more of the commit"
                    : "no commit that begins with '" + commit + "' is held; see: holdfast update history");
}

}  // namespace holdfast::update
