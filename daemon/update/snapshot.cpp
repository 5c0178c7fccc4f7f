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

fs::path snapshot_of(const fs::path& root, const std::string& of) {
    return store(root) / of.substr(0, 32);
}

// Written last: without it a snapshot is none.
fs::path paper(const fs::path& snapshot) {
    return snapshot / "snapshot.json";
}

struct Paper {
    std::string of, before;
    std::vector<fs::path> paths;
};

std::string words(const Paper& paper) {
    Json paths = Json::array();
    for (const auto& path : paper.paths) paths.push_back(path.string());
    return json::write({{"format", 1}, {"of", paper.of}, {"before", paper.before}, {"paths", std::move(paths)}});
}

Result<Paper> read_paper(const fs::path& snapshot) {
    const std::string text = TRY(read_whole(paper(snapshot), limit));
    const Json json = TRY(json::parse(text, limit));
    Paper read;
    read.of = TRY(json::text(json, "of", 64));
    read.before = TRY(json::text(json, "before", 64));
    read.paths = TRY(parse_state_paths(json::write({{"paths", json.value("paths", Json())}})));
    return read;
}

bool is(const fs::path& snapshot, const std::string& of, const std::string& before) {
    const auto read = read_paper(snapshot);
    return read && read->of == of && read->before == before;
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
    if (had) TRY(copy_tree(saved, fresh));
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

Result<> take_snapshot(const fs::path& root, const std::vector<fs::path>& paths, const std::string& of,
                       const std::string& before) {
    const fs::path snapshot = snapshot_of(root, of), fresh = snapshot.string() + ".new";
    if (is(snapshot, of, before)) return {};
    TRY(remove_tree(fresh));
    TRY(make_directories(store(root)));
    auto filled = fill(root, fresh, {of, before, paths});
    crash_point("snapshot.filled");
    if (filled) filled = remove_tree(snapshot);
    if (filled) filled = move_to(fresh, snapshot);
    if (filled) filled = sync_directory(store(root));
    if (!filled) static_cast<void>(remove_tree(fresh));
    return filled;
}

Result<bool> restore_snapshot(const fs::path& root, const std::string& of, const std::string& before) {
    const fs::path snapshot = snapshot_of(root, of);
    if (!is(snapshot, of, before)) return false;
    const Paper read = TRY(read_paper(snapshot));
    for (std::size_t i = 0; i < read.paths.size(); ++i)
        TRY(put_back(snapshot / std::to_string(i), root / read.paths[i].relative_path()));
    return true;
}

Result<> prune_snapshots(const fs::path& root, const std::vector<std::string>& kept) {
    std::error_code error;
    std::vector<fs::path> gone;
    for (const auto& entry : fs::directory_iterator(store(root), error)) {
        const std::string name = entry.path().filename().string();
        const bool keep = std::ranges::any_of(kept, [&](const std::string& of) { return name == of.substr(0, 32); });
        if (!keep) gone.push_back(entry.path());
    }
    for (const auto& each : gone) TRY(remove_tree(each));
    return {};
}

}  // namespace holdfast::update
