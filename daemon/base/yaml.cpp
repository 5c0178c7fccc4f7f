#include "base/yaml.hpp"

#include "base/file.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <charconv>
#include <yaml-cpp/yaml.h>

namespace holdfast::yaml {

namespace {

std::string place(const std::string& name, const YAML::Mark& mark) {
    return mark.is_null() ? name : name + ":" + std::to_string(mark.line + 1);
}

// yaml-cpp keeps the last of two equal keys and says nothing.
Result<> refuse_twins(const YAML::Node& node, const std::string& name) {
    std::vector<std::string> seen;
    for (const auto& entry : node) {
        if (!node.IsMap()) {
            TRY(refuse_twins(entry, name));
            continue;
        }
        const std::string key = entry.first.Scalar();
        if (std::ranges::contains(seen, key))
            return fail(Code::Corrupt,
                        place(name, entry.first.Mark()) + ": the key '" + key + "' stands twice; remove one");
        seen.push_back(key);
        TRY(refuse_twins(entry.second, name));
    }
    return {};
}

}  // namespace

Result<Mapping> Mapping::load(const std::filesystem::path& file) {
    return parse(TRY(read_whole(file, mebibyte)), file.string());
}

Result<Mapping> Mapping::parse(std::string_view text, const std::string& name) {
    if (text.size() > mebibyte) return fail(Code::Corrupt, name + ": larger than 1 MiB, refused");
    try {
        auto node = std::make_shared<YAML::Node>(YAML::Load(std::string(text)));
        if (!node->IsMap())
            return fail(Code::Corrupt, name + ": the document must be a mapping; write lines of the form 'key: value'");
        TRY(refuse_twins(*node, name));
        return Mapping(name, std::move(node));
    } catch (const YAML::Exception& error) {
        return fail(Code::Corrupt, place(name, error.mark) + ": not valid YAML: " + error.msg);
    }
}

std::unexpected<Error> Mapping::refuse(std::string_view key, std::string_view why) const {
    const YAML::Node found = key.empty() ? YAML::Node() : static_cast<const YAML::Node&>(*node_)[std::string(key)];
    const YAML::Mark mark = found.IsDefined() && !key.empty() ? found.Mark() : node_->Mark();
    return fail(Code::Corrupt,
                place(name_, mark) + ": " + (key.empty() ? "" : std::string(key) + ": ") + std::string(why));
}

Result<std::optional<Mapping>> Mapping::parse_settings(std::string_view text, const std::string& name) {
    const auto says_nothing = [](std::string_view line) { return trim(line).empty() || trim(line).front() == '#'; };
    if (std::ranges::all_of(split(text, '\n'), says_nothing)) return std::nullopt;
    return TRY(parse(text, name));
}

Result<std::optional<Mapping>> Mapping::load_settings(const std::filesystem::path& root, const std::string& file) {
    for (const char* place : {"etc/holdfast", "usr/lib/holdfast"}) {
        const auto text = read_whole(root / place / file, mebibyte);
        if (text) return parse_settings(*text, "/" + std::string(place) + "/" + file);
        if (text.error().code != Code::NotFound) return std::unexpected(text.error());
    }
    return std::nullopt;
}

Result<> Mapping::only(const std::vector<std::string_view>& known) const {
    const std::vector<std::string> names(known.begin(), known.end());
    for (const auto& entry : *node_) {
        const std::string key = entry.first.Scalar();
        if (std::ranges::contains(names, key)) continue;
        const std::string meant = nearest(key, names);
        return fail(Code::Corrupt,
                    place(name_, entry.first.Mark()) + ": unknown key '" + key + "'; " +
                        (meant.empty() ? "known here are: " + join(names, ", ") : "did you mean '" + meant + "'?"));
    }
    return {};
}

bool Mapping::has(std::string_view key) const {
    return static_cast<const YAML::Node&>(*node_)[std::string(key)].IsDefined();
}

Result<YAML::Node> Mapping::scalar(std::string_view key) const {
    const YAML::Node value = static_cast<const YAML::Node&>(*node_)[std::string(key)];
    if (!value.IsDefined())
        return refuse("", "the key '" + std::string(key) + "' is missing; add a line '" + std::string(key) + ": …'");
    if (!value.IsScalar())
        return refuse(key, "must be a single value; write '" + std::string(key) + ": VALUE' on one line");
    return value;
}

Result<std::string> Mapping::text(std::string_view key) const {
    const YAML::Node value = TRY(scalar(key));
    if (value.Scalar().empty()) return refuse(key, "is empty; write a value behind it or remove the line");
    return value.Scalar();
}

Result<std::string> Mapping::text(std::string_view key, std::string_view otherwise) const {
    return has(key) ? text(key) : Result<std::string>(std::string(otherwise));
}

Result<bool> Mapping::boolean(std::string_view key, bool otherwise) const {
    if (!has(key)) return otherwise;
    const std::string value = TRY(text(key));
    if (value == "true") return true;
    if (value == "false") return false;
    return refuse(key, "'" + value + "' is neither true nor false; write one of these two");
}

Result<long> Mapping::whole(std::string_view key, long otherwise) const {
    if (!has(key)) return otherwise;
    const std::string value = TRY(text(key));
    long number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc() || end != value.data() + value.size())
        return refuse(key, "'" + value + "' is not a whole number; write digits only");
    return number;
}

Result<std::vector<std::string>> Mapping::texts(std::string_view key) const {
    std::vector<std::string> result;
    const YAML::Node list = static_cast<const YAML::Node&>(*node_)[std::string(key)];
    if (!list.IsDefined()) return result;
    if (!list.IsSequence()) return refuse(key, "must be a list; write '" + std::string(key) + ": [a, b]'");
    for (const auto& item : list) {
        if (!item.IsScalar()) return refuse(key, "every item of the list must be a single value");
        result.push_back(item.Scalar());
    }
    return result;
}

Result<Mapping> Mapping::adopt(std::string_view key, const YAML::Node& node) const {
    if (!node.IsMap()) return refuse(key, "must be a mapping; write indented 'key: value' lines under it");
    return Mapping(name_, std::make_shared<YAML::Node>(node));
}

Result<Mapping> Mapping::child(std::string_view key) const {
    if (!has(key))
        return refuse("", "the key '" + std::string(key) + "' is missing; add it with indented lines under it");
    return adopt(key, static_cast<const YAML::Node&>(*node_)[std::string(key)]);
}

Result<std::optional<Mapping>> Mapping::optional_child(std::string_view key) const {
    if (!has(key)) return std::nullopt;
    return TRY(child(key));
}

Result<std::vector<Mapping>> Mapping::children(std::string_view key) const {
    std::vector<Mapping> result;
    const YAML::Node list = static_cast<const YAML::Node&>(*node_)[std::string(key)];
    if (!list.IsDefined()) return result;
    if (!list.IsSequence()) return refuse(key, "must be a list; begin each item with '- '");
    for (const auto& item : list) result.push_back(TRY(adopt(key, item)));
    return result;
}

Result<std::string> Mapping::one_of(std::string_view key, const std::vector<std::string_view>& allowed) const {
    const std::string value = TRY(text(key));
    if (std::ranges::contains(allowed, value)) return value;
    const std::vector<std::string> names(allowed.begin(), allowed.end());
    return refuse(key, "'" + value + "' is not known here; write one of: " + join(names, ", "));
}

std::vector<std::string> Mapping::keys() const {
    std::vector<std::string> result;
    for (const auto& entry : *node_) result.push_back(entry.first.Scalar());
    return result;
}

}  // namespace holdfast::yaml
