#include "update/snapshot.hpp"

#include "base/crash_point.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "base/process.hpp"
#include "update/journal.hpp"

#include <algorithm>

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

// The copy beside the path, then two renames: whoever looks meanwhile sees the old or the new.
Result<> put_back(const fs::path& saved, const fs::path& path) {
    std::error_code none;
    const fs::path fresh = path.string() + ".holdfast-restored", gone = path.string() + ".holdfast-replaced";
    TRY(remove_tree(fresh));
    const bool had = fs::exists(fs::symlink_status(saved, none));
    auto copied = had ? copy_tree(saved, fresh) : Result<>();
    if (!copied && copied.error().code == Code::NoSpace) {
        // What is to go makes room; until the copy is there the next call has to go on.
        TRY(remove_tree(fresh));
        TRY(remove_tree(path));
        crash_point("snapshot.cleared");
        copied = copy_tree(saved, fresh);
    }
    TRY(std::move(copied));
    if (had) TRY(sync_all(fresh));
    crash_point("snapshot.copied");
    TRY(remove_tree(gone));
    if (fs::exists(fs::symlink_status(path, none))) TRY(move_to(path, gone));
    crash_point("snapshot.moved");
    if (had) TRY(move_to(fresh, path));
    TRY(sync_directory(path.parent_path()));
    return remove_tree(gone);
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

Result<> take_snapshot(const fs::path& root, const std::vector<fs::path>& paths, const Bond& bond, std::int64_t wall) {
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
        TRY(prune_snapshots(root, {}, wall));
        filled = fill(root, fresh, wanted);
    }
    crash_point("snapshot.filled");
    if (filled) filled = move_to(fresh, snapshot);
    if (filled) filled = sync_directory(store(root));
    if (!filled) static_cast<void>(remove_tree(fresh));
    return filled;
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

Result<> prune_snapshots(const fs::path& root, const std::vector<std::string>& kept, std::int64_t wall) {
    std::error_code error;
    std::vector<fs::path> gone;
    for (const auto& entry : fs::directory_iterator(store(root), error)) {
        const std::string name = entry.path().filename().string();
        const bool keep = std::ranges::any_of(kept, [&](const std::string& of) { return name == of.substr(0, 32); });
        if (!keep || aged(entry.path(), wall)) gone.push_back(entry.path());
    }
    for (const auto& each : gone) TRY(remove_tree(each));
    return {};
}

}  // namespace holdfast::update
