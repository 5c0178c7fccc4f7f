#include "publish/counterparts.hpp"

#include <cctype>

namespace holdfast::publish {

namespace {

void add(std::unordered_map<std::string, std::optional<std::size_t>>& index, const std::string& key,
         std::size_t number) {
    const auto [at, fresh] = index.try_emplace(key, number);
    if (!fresh) at->second.reset();
}

}  // namespace

std::string without_digits(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (!std::isdigit(static_cast<unsigned char>(c)))
            out += c;
        else if (out.empty() || out.back() != '#')
            out += '#';
    }
    return out;
}

Counterparts::Counterparts(const std::vector<content::Member>& old) {
    for (std::size_t i = 0; i < old.size(); ++i) {
        paths_.try_emplace(old[i].path.string(), i);
        add(versionless_, without_digits(old[i].path.string()), i);
        add(names_, without_digits(old[i].path.filename().string()), i);
    }
}

std::optional<std::size_t> Counterparts::look(const Index& index, const std::string& key) {
    const auto found = index.find(key);
    return found == index.end() ? std::nullopt : found->second;
}

std::optional<std::size_t> Counterparts::find(const std::filesystem::path& path) const {
    if (const auto same = look(paths_, path.string())) return same;
    if (const auto version = look(versionless_, without_digits(path.string()))) return version;
    return look(names_, without_digits(path.filename().string()));
}

}  // namespace holdfast::publish
