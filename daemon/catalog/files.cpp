#include "catalog/files.hpp"

#include "base/file.hpp"
#include "base/yaml_documents.hpp"

#include <algorithm>
#include <set>

namespace holdfast::catalog {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_files = 10'000;

class Search {
public:
    Result<> take(const fs::path& place) {
        std::error_code error;
        if (fs::is_directory(place, error)) return take_folder(place);
        return take_file(place);
    }
    std::vector<Found> all;

private:
    Result<> take_folder(const fs::path& folder) {
        std::vector<fs::path> files;
        std::error_code error;
        for (auto at = fs::recursive_directory_iterator(folder, fs::directory_options::skip_permission_denied, error);
             !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
            const auto name = at->path().filename();
            if (name == "catalog-info.yaml" || name == "catalog-info.yml") files.push_back(at->path());
        }
        if (error) return fail(Code::NotFound, folder.string() + ": " + error.message());
        if (files.empty()) return fail(Code::NotFound, folder.string() + ": no catalog-info.yaml is in it or below it");
        std::ranges::sort(files);
        for (const auto& each : files) TRY(take_file(each));
        return {};
    }
    Result<> take_file(const fs::path& file) {
        std::error_code error;
        const fs::path real = fs::weakly_canonical(file, error);
        if (!seen_.insert(error ? file : real).second) return {};
        if (seen_.size() > most_files) return fail(Code::Corrupt, "more than 10,000 files of entities, refused");
        const std::string text = TRY(read_whole(file, 4 * mebibyte));
        for (auto& each : TRY(yaml::documents(text, file.string()))) {
            all.push_back({file.string() + ":" + std::to_string(each.line), std::move(each.value)});
            // A copy: following it adds to the list.
            const Found found = all.back();
            TRY(in(found.place, follow(found.document, file.parent_path())));
        }
        return {};
    }
    // What a Location names elsewhere is for who can get there.
    Result<> follow(const Json& document, const fs::path& folder) {
        if (!document.is_object() || document.value("kind", Json()) != "Location") return {};
        const Json spec = document.value("spec", Json());
        if (!spec.is_object()) return {};
        Json targets = spec.value("targets", Json());
        if (!targets.is_array()) targets = Json::array();
        if (spec.contains("target")) targets.push_back(spec["target"]);
        for (const auto& each : targets) {
            if (!each.is_string()) continue;
            const auto target = each.get<std::string>();
            if (target.contains("://") || fs::path(target).is_absolute()) continue;
            TRY(take_file((folder / target).lexically_normal()));
        }
        return {};
    }
    std::set<fs::path> seen_;
};

}  // namespace

Result<std::vector<Found>> documents_in(const fs::path& place) {
    Search search;
    TRY(search.take(place));
    return std::move(search.all);
}

}  // namespace holdfast::catalog
