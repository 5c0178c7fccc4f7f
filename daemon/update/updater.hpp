// One step of an update after the other, each written down before and after, so that a kill anywhere goes on or goes
// back. One updater at a time on a box: whoever else wants to is Busy.
#pragma once

#include "base/handle.hpp"
#include "boot/slots.hpp"
#include "update/journal.hpp"
#include "update/settings.hpp"
#include "update/snapshot.hpp"
#include "update/source.hpp"
#include "update/trial.hpp"

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace holdfast::update {

// What a person or a program sees while something takes long.
struct Progress {
    std::string phase;                  // checking, downloading, unpacking, writing
    std::uint64_t done = 0, total = 0;  // bytes or pieces; a total of 0 is not known yet
};

enum class When { InWindow, Now };

class Updater {
public:
    struct Ports {
        std::filesystem::path root = "/";
        Settings settings;
        std::string ref;  // of the running image; the settings may name another
        Link link;
        std::function<void(const Progress&)> progress;
        std::function<void(const std::string&)> notice;  // one sentence for the log
        std::function<Moment()> clock;                   // another than this computer's
    };
    static Result<Updater> open(Ports ports);

    const Journal& journal() const { return journal_; }
    const Settings& settings() const { return ports_.settings; }

    // What the source (the settings' where empty) has for this box; nothing where that runs already. Fetches no more
    // than what tells. Denied where it is held or older than what ran last and not the downgrade that was asked for
    // (`downgrade_to`: its version or the first digits of its commit).
    Result<std::optional<Offer>> check(const std::string& source, const std::string& downgrade_to);

    // To Staged. False where there is nothing to do.
    Result<bool> download(const std::string& source, const std::string& downgrade_to);

    // From Staged to Rebooting, or to WaitingForWindow where the window is closed, or the clock too wrong to tell: then
    // nothing is written yet. True where the box is to restart.
    Result<bool> apply(When when);

    // After a start, before anything of the site's runs: what became of the update, and the runtime's data saved or
    // brought back for it. The sentence, where there is one.
    Result<std::string> settle();
    // After the verdict: from Trying to Good, where systemd has blessed the slot. The runtime runs by now: its data is
    // left alone.
    Result<bool> confirm();

    // Makes the other slot the one to be applied next, as if it had been downloaded: on trial, and undone where it
    // fails. The runtime's data goes back with it, unless it is to be kept as it is.
    enum class Data { OfThen, AsItIs };
    Result<> roll_back(const std::string& why, Data data = Data::OfThen);
    // Lets a commit (or its first digits; empty: the one held last that does not run) be tried again. What it was.
    Result<Attempt> release_hold(const std::string& commit);

private:
    struct Running {
        boot::Slot slot = boot::Slot::A;
        std::string commit;
        std::string other;  // the other slot's commit, "" where it has none
    };
    explicit Updater(Ports ports, Fd lock, Journal journal)
        : ports_(std::move(ports)), lock_(std::move(lock)), journal_(std::move(journal)) {}
    Result<> step(Event event, const std::string& detail = {});
    Result<> save() const { return save_journal(ports_.root, journal_); }
    Result<Running> running() const;
    enum class Spare { Stays, Goes };  // what the other slot has counts as there, or not
    Basis basis(const Running& running, Spare spare = Spare::Stays) const;
    std::string source(const std::string& asked) const { return asked.empty() ? ports_.settings.source : asked; }
    Result<> acceptable(const Offer& offer, const std::string& downgrade_to) const;
    Result<std::uint64_t> floor() const;
    Result<> begin(const Offer& offer, const std::string& source, const std::string& downgrade_to);
    Result<std::optional<Offer>> offered(const std::string& source, const std::string& downgrade_to,
                                         Spare spare = Spare::Stays);
    Result<> not_older(const content::Content& other) const;
    Result<> unpack(const Offer& offer, const Basis& basis);
    Result<> hold_what_was_left();
    Result<> note_failure(const Offer& offer, const Basis& from, const Error& why);
    Result<bool> wanted(const Offer& offer) const;
    Result<bool> is_tight(const Offer& offer, const Running& here) const;
    Result<> remove_old_downloads(const Offer& offer) const;
    Result<> make_room(const Offer& offer);
    Result<> free_spare(const Running& running);
    Result<> would_fit(const Running& running) const;
    Result<> room_for_data() const;
    Result<bool> prepare(const Running& here, When when);
    Result<> write_spare(const Running& running);
    Result<> put_first(const Running& running);
    Result<> give_up(const std::string& why);
    Result<> good_enough_to_leave(const Running& running) const;
    Result<std::uint64_t> spend(std::uint64_t bytes);
    Result<> firmware_would_take(const std::string& commit, char spare) const;
    Result<> firmware_takes_it();
    Result<> remember_revocations();
    Result<> arm();
    std::vector<std::filesystem::path> paths_to_keep() const;
    std::string keep_data(const Attempt& attempt);
    std::string bring_back(const Attempt& attempt);
    static Bond bond_of(const Attempt& attempt);
    Moment moment() const { return ports_.clock ? ports_.clock() : now(ports_.root); }
    Seen look_around() const;
    enum class Phase { Early, Late };  // before the runtime runs, or beside it
    Result<std::string> look_back(Phase phase);
    std::string put_data_back(Attempt& attempt);
    Result<std::string> undo(Phase phase);
    Result<bool> window_open() const;
    void tell(const std::string& phase, std::uint64_t done, std::uint64_t total) const;
    void notice(const std::string& sentence) const {
        if (ports_.notice) ports_.notice(sentence);
    }

    Ports ports_;
    Fd lock_;
    Journal journal_;
    std::int64_t oldest_ = 0;  // no clock that is right stands before this; seconds since the epoch
};

}  // namespace holdfast::update
