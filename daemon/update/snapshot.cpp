#include "update/snapshot.hpp"

#include "base/crash_point.hpp"
#include "base/file.hpp"
#include "base/handle.hpp"
#include "base/json.hpp"
#include "base/process.hpp"
#include "update/journal.hpp"

#include <algorithm>
#include <cstdlib>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

namespace holdfast::update {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t limit = 64UL * 1024;
constexpr std::size_t paths_limit = 64;

fs::path store(const fs::path& root) {
    return root / journal_folder / "snapshots";
}

fs::path folder_of(const fs::path& root, const std::string& of) {
    return store(root) / of.substr(0, 32);
}

// Written last: without it a snapshot is none.
fs::path paper(const fs::path& snapshot) {
    return snapshot / "snapshot.json";
}

struct Paper {
    Bond bond;
    std::int64_t wall = 0;
    std::vector<fs::path> paths;
};

std::string words(const Paper& paper) {
    Json paths = Json::array();
    for (const auto& path : paper.paths) paths.push_back(path.string());
    return json::write({{"format", 1},
                        {"of", paper.bond.of},
                        {"before", paper.bond.before},
                        {"trial", paper.bond.trial},
                        {"wall", paper.wall},
                        {"paths", std::move(paths)}});
}

Result<Paper> read_paper(const fs::path& snapshot) {
    const std::string text = TRY(read_whole(paper(snapshot), limit));
    const Json json = TRY(json::parse(text, limit));
    Paper read;
    read.bond.of = TRY(json::text(json, "of", 64));
    read.bond.before = TRY(json::text(json, "before", 64));
    read.bond.trial = TRY(json::text(json, "trial", 32));
    read.wall = static_cast<std::int64_t>(TRY(json::number(json, "wall")));
    read.paths = TRY(parse_state_paths(json::write({{"paths", json.value("paths", Json())}})));
    return read;
}

bool is(const fs::path& snapshot, const Bond& bond) {
    const auto read = read_paper(snapshot);
    return read && read->bond == bond;
}

// A clock that was wrong when it was taken, or is now, makes none old.
bool aged(const fs::path& snapshot, std::int64_t wall) {
    constexpr std::int64_t longest = snapshot_days * 86'400;
    const auto read = read_paper(snapshot);
    return read && wall - read->wall > longest && wall - read->wall < 100 * longest;
}

Result<> copy_tree(const fs::path& from, const fs::path& to) {
    TRY(make_directories(to.parent_path()));
    const auto done =
        TRY(run({"cp", "--archive", "--reflink=auto", "--no-target-directory", from.string(), to.string()}));
    if (done.exit == 0) return {};
    const bool full = done.errors.contains("No space left");
    return fail(full ? Code::NoSpace : Code::Denied,
                "cannot copy " + from.string() + ": " + done.errors.substr(0, 500));
}

Result<> sync_all(const fs::path& place) {
    TRY(run_or_fail({"sync", "--file-system", place.string()}));
    return {};
}

Result<> fill(const fs::path& root, const fs::path& fresh, const Paper& wanted) {
    std::error_code none;
    TRY(make_directories(fresh));
    for (std::size_t i = 0; i < wanted.paths.size(); ++i)
        if (const fs::path from = root / wanted.paths[i].relative_path(); fs::exists(fs::symlink_status(from, none)))
            TRY(copy_tree(from, fresh / std::to_string(i)));
    TRY(sync_all(fresh));
    return write_whole(paper(fresh), words(wanted));
}

bool is_there(const fs::path& path) {
    std::error_code none;
    return fs::exists(fs::symlink_status(path, none));
}

// A file system of its own cannot be renamed.
bool is_mount_point(const fs::path& path) {
    struct stat own{}, above{};
    return ::lstat(path.c_str(), &own) == 0 && ::stat(path.parent_path().c_str(), &above) == 0 &&
           own.st_dev != above.st_dev;
}

Result<> clear(const fs::path& folder) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error)) TRY(remove_tree(entry.path()));
    return error ? std::unexpected(system_error(error.value(), folder, "cannot clear")) : Result<>();
}

Result<> put_back_inside(const fs::path& saved, const fs::path& mounted) {
    TRY(clear(mounted));
    crash_point("snapshot.emptied");
    if (is_there(saved)) TRY(copy_tree(saved, mounted));
    return sync_all(mounted);
}

// On a disk with no room for both, what was saved becomes the path. The note says so from before it is moved, so that
// a call after a cut does not take a snapshot that is gone for a path that never was.
fs::path note_of(const fs::path& saved) {
    return saved.string() + ".moved";
}

Result<> move_back(const fs::path& saved, const fs::path& path) {
    TRY(remove_tree(path));
    crash_point("snapshot.cleared");
    TRY(write_whole(note_of(saved), ""));
    crash_point("snapshot.noted");
    if (is_there(saved)) TRY(move_to(saved, path));
    return sync_directory(path.parent_path());
}

// The copy beside the path, then two renames: whoever looks meanwhile sees the old or the new.
Result<> put_back(const fs::path& saved, const fs::path& path) {
    if (is_there(note_of(saved))) return is_there(saved) ? move_back(saved, path) : Result<>();
    if (is_mount_point(path)) return put_back_inside(saved, path);
    const fs::path fresh = path.string() + ".holdfast-restored", gone = path.string() + ".holdfast-replaced";
    TRY(remove_tree(fresh));
    const bool had = is_there(saved);
    const auto copied = had ? copy_tree(saved, fresh) : Result<>();
    if (!copied) TRY(remove_tree(fresh));
    if (!copied && copied.error().code == Code::NoSpace) return move_back(saved, path);
    TRY(copied);
    if (had) TRY(sync_all(fresh));
    crash_point("snapshot.copied");
    TRY(remove_tree(gone));
    if (is_there(path)) TRY(move_to(path, gone));
    crash_point("snapshot.moved");
    if (had) TRY(move_to(fresh, path));
    TRY(sync_directory(path.parent_path()));
    return remove_tree(gone);
}

// Whether copies share their bytes with what they are copies of (ioctl_ficlone(2)).
bool shares_bytes(const fs::path& folder) {
    const fs::path one = folder / "share.1", other = folder / "share.2";
    if (!write_whole(one, "x")) return false;
    const Fd from(::open(one.c_str(), O_RDONLY | O_CLOEXEC));
    const Fd to(::open(other.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    const bool shared = from && to && ::ioctl(to.number(), FICLONE, from.number()) == 0;
    std::error_code none;
    fs::remove(one, none);
    fs::remove(other, none);
    return shared;
}

// Bytes on the disk, as du(1) counts them.
std::uint64_t size_of(const fs::path& tree) {
    const auto counted = run({"du", "--summarize", "--block-size=1", tree.string()});
    return counted ? std::strtoull(counted->output.c_str(), nullptr, 10) : 0;
}

}  // namespace

Result<std::vector<fs::path>> parse_state_paths(std::string_view text) {
    const Json json = TRY(json::parse(text, limit));
    TRY(json::only(json, {"paths"}));
    const auto found = json.find("paths");
    if (found == json.end() || !found->is_array() || found->size() > paths_limit)
        return fail(Code::Corrupt, "'paths' is no list of at most " + std::to_string(paths_limit));
    std::vector<fs::path> paths;
    for (const auto& each : *found) {
        const fs::path path = each.is_string() ? each.get<std::string>() : "";
        const bool inside =
            path.string().starts_with("/var/") && path.lexically_normal() == path && path.has_filename();
        if (!inside) return fail(Code::Corrupt, "'" + path.string() + "' is no path below /var");
        paths.push_back(path);
    }
    return paths;
}

Result<std::vector<fs::path>> state_paths(const fs::path& root) {
    const fs::path file = root / "usr/lib/holdfast/state.json";
    const auto text = read_whole(file, limit);
    if (!text && text.error().code == Code::NotFound) return std::vector<fs::path>();
    if (!text) return std::unexpected(text.error());
    return in(file.string(), parse_state_paths(*text));
}

Result<> take_snapshot(const fs::path& root, const std::vector<fs::path>& paths, const Bond& bond, std::int64_t wall,
                       const std::vector<std::string>& kept) {
    if (bond.of.empty()) return fail(Code::Bug, "a snapshot of no commit");
    const fs::path snapshot = folder_of(root, bond.of), fresh = snapshot.string() + ".new";
    if (is(snapshot, bond)) return {};
    TRY(make_directories(store(root)));
    // An older one of the same commit is of no use any more, and its space is wanted; so is what a cut left.
    TRY(remove_tree(snapshot));
    TRY(remove_tree(fresh));
    const Paper wanted{bond, wall, paths};
    auto filled = fill(root, fresh, wanted);
    if (!filled && filled.error().code == Code::NoSpace) {
        TRY(remove_tree(fresh));
        TRY(prune_snapshots(root, kept, wall));
        filled = fill(root, fresh, wanted);
    }
    crash_point("snapshot.filled");
    if (filled) filled = move_to(fresh, snapshot);
    if (filled) filled = sync_directory(store(root));
    if (!filled) static_cast<void>(remove_tree(fresh));
    return filled;
}

Result<> room_for_snapshot(const fs::path& root, const std::vector<fs::path>& paths) {
    constexpr std::uint64_t spare = 16UL << 20U;  // for what else is written meanwhile
    TRY(make_directories(store(root)));
    if (shares_bytes(store(root))) return {};
    std::uint64_t wanted = spare;
    for (const auto& path : paths)
        if (const fs::path from = root / path.relative_path(); is_there(from)) wanted += size_of(from);
    const std::uint64_t free = TRY(space_at(store(root))).free + size_of(store(root));
    if (wanted <= free) return {};
    return fail(Code::NoSpace, store(root).string() + ": what the runtime keeps needs " +
                                   std::to_string(wanted >> 20U) + " MiB to be saved, and there are " +
                                   std::to_string(free >> 20U) + "; a rollback could not bring it back");
}

Result<bool> restore_snapshot(const fs::path& root, const Bond& bond) {
    const fs::path snapshot = folder_of(root, bond.of);
    if (bond.of.empty() || !is(snapshot, bond)) return false;
    const Paper read = TRY(read_paper(snapshot));
    for (std::size_t i = 0; i < read.paths.size(); ++i)
        TRY(put_back(snapshot / std::to_string(i), root / read.paths[i].relative_path()));
    return true;
}

std::optional<Bond> snapshot_of(const fs::path& root, const std::string& commit) {
    if (commit.empty()) return std::nullopt;
    auto read = read_paper(folder_of(root, commit));
    return read && read->bond.of == commit ? std::optional(std::move(read->bond)) : std::nullopt;
}

Result<> drop_snapshot(const fs::path& root, const std::string& commit) {
    return commit.empty() ? Result<>() : remove_tree(folder_of(root, commit));
}

Result<> prune_aged_snapshots(const fs::path& root, std::int64_t wall) {
    return remove_entries(store(root), [&](const fs::path& each) { return aged(each, wall); });
}

Result<> prune_snapshots(const fs::path& root, const std::vector<std::string>& kept, std::int64_t wall) {
    return remove_entries(store(root), [&](const fs::path& each) {
        const std::string name = each.filename().string();
        const bool keep = std::ranges::any_of(kept, [&](const std::string& of) { return name == of.substr(0, 32); });
        return !keep || aged(each, wall);
    });
}

}  // namespace holdfast::update
