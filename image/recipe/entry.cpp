#include "recipe/entry.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace holdfast::recipe {

Result<> check_words(const yaml::Mapping& mapping, std::string_view key, const std::vector<std::string>& words) {
    for (const auto& word : words)
        if (word.empty() || word.find_first_of(" \t\n\"") != std::string::npos)
            return mapping.refuse(
                key, "'" + word + "' is not one word; write one list item per word, without quotes inside");
    return {};
}

Result<> check_name(const yaml::Mapping& mapping, const std::string& name, const std::filesystem::path& file) {
    const std::string folder = file.parent_path().filename();
    if (name == folder) return {};
    return mapping.refuse("name", "'" + name + "' is not the name of its folder; write 'name: " + folder + "'");
}

Result<std::filesystem::path> find_entry(const std::filesystem::path& folder, const std::string& name,
                                         const std::string& file, std::string_view what) {
    if (std::filesystem::exists(folder / name / file) && name.find('/') == std::string::npos)
        return folder / name / file;
    std::vector<std::string> names;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(folder, ignored))
        if (std::filesystem::exists(entry.path() / file)) names.push_back(entry.path().filename());
    std::ranges::sort(names);
    const std::string meant = nearest(name, names);
    return fail(Code::NotFound, "there is no " + std::string(what) + " '" + name + "' in " + folder.string() + "; " +
                                    (!meant.empty()  ? "did you mean '" + meant + "'?"
                                     : names.empty() ? "there are none"
                                                     : "there are: " + join(names, ", ")));
}

}  // namespace holdfast::recipe
