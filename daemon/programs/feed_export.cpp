#include "programs/feed_export.hpp"

#include "base/file.hpp"
#include "base/json.hpp"
#include "programs/sync_place.hpp"

#include <algorithm>
#include <cstdio>

namespace holdfast {

namespace {

namespace fs = std::filesystem;

// One file under the name that was given: written beside it first, as it is named by its sender.
Result<> as_file(sync::Exported& done, const fs::path& file) {
    if (done.files.empty()) return {};
    TRY(move_to(done.files.front(), file));
    done.files = {file};
    return {};
}

}  // namespace

Result<int> export_feeds(const FeedExport& wish, const std::vector<feed::Feed>& feeds) {
    auto box = TRY(SyncPlace::open(wish.root));
    std::optional<tpm::Tpm> tpm;
    const auto own = TRY(box.own(tpm, wish.tcti));
    auto replica = box.replica();
    std::error_code none;
    const bool folder = fs::is_directory(wish.out, none);
    const fs::path place = folder ? wish.out : fs::absolute(wish.out, none).parent_path();
    auto done = TRY(sync::export_to(replica, own, place, {}, UINT64_MAX,
                                    [&](const feed::Feed& each) { return std::ranges::contains(feeds, each); }));
    if (!folder) TRY(as_file(done, wish.out));
    if (wish.json) {
        Json files = Json::array();
        for (const auto& each : done.files) files.push_back(each.string());
        std::puts(json::write({{"files", files}}).c_str());
        return 0;
    }
    for (const auto& each : done.files)
        std::printf("%s\nnext: whoever has the root certificate: holdfast-verify --root root.pem %s\n", each.c_str(),
                    each.filename().c_str());
    if (done.files.empty()) std::puts("there is nothing of that; nothing was written");
    return 0;
}

}  // namespace holdfast
