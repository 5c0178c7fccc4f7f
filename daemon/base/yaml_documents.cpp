#include "base/yaml_documents.hpp"

#include "base/file.hpp"

#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <yaml-cpp/yaml.h>

namespace holdfast::yaml {

namespace {

constexpr std::size_t text_limit = 4 * mebibyte, most_values = 200'000, deepest = 32;

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> all) {
    return std::ranges::find(all, word) != all.end();
}

template <class T, class... More>
std::optional<T> number(std::string_view word, More... more) {
    T value{};
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value, more...);
    if (error != std::errc() || end != word.data() + word.size() || word.empty()) return std::nullopt;
    return value;
}

// [-+]? [0-9]+, 0o…, 0x…
std::optional<Json> whole(std::string_view word) {
    if (word.starts_with("0o"))
        if (const auto value = number<std::uint64_t>(word.substr(2), 8)) return *value;
    if (word.starts_with("0x"))
        if (const auto value = number<std::uint64_t>(word.substr(2), 16)) return *value;
    const bool plus = word.starts_with('+') && word.size() > 1 && word[1] != '-';
    if (const auto value = number<std::int64_t>(word.substr(plus ? 1 : 0), 10)) return *value;
    if (const auto value = number<std::uint64_t>(word.substr(plus ? 1 : 0), 10)) return *value;
    return std::nullopt;
}

// [-+]? (\.[0-9]+ | [0-9]+(\.[0-9]*)?) ([eE][-+]?[0-9]+)?; infinity and no number are none in JSON, so they stay texts.
std::optional<Json> real(std::string_view word) {
    const bool plus = word.starts_with('+') && word.size() > 1 && word[1] != '-';
    const std::string_view rest = word.substr(plus ? 1 : 0);
    if (rest.find_first_not_of("0123456789.eE+-") != std::string_view::npos) return std::nullopt;
    const auto value = number<double>(rest);
    if (!value || !std::isfinite(*value)) return std::nullopt;
    return *value;
}

Json plain(const std::string& word) {
    if (is_one_of(word, {"", "~", "null", "Null", "NULL"})) return nullptr;
    if (is_one_of(word, {"true", "True", "TRUE"})) return true;
    if (is_one_of(word, {"false", "False", "FALSE"})) return false;
    if (auto value = whole(word)) return *value;
    if (auto value = real(word)) return *value;
    return word;
}

class Reader {
public:
    explicit Reader(const std::string& name) : name_(name) {}
    Result<Json> value(const YAML::Node& node, std::size_t depth = 0) {
        if (++values_ > most_values) return refuse(node, "it has more than 200,000 values");
        if (depth > deepest) return refuse(node, "it is nested deeper than 32");
        const std::string& tag = node.Tag();
        if (!is_one_of(tag, {"", "?", "!"})) return refuse(node, "the tag " + tag + " is not taken; leave it out");
        switch (node.Type()) {
            case YAML::NodeType::Scalar: return tag == "!" ? Json(node.Scalar()) : plain(node.Scalar());
            case YAML::NodeType::Sequence: return list(node, depth);
            case YAML::NodeType::Map: return map(node, depth);
            default: return Json();
        }
    }

private:
    std::unexpected<Error> refuse(const YAML::Node& node, const std::string& why) const {
        return fail(Code::Corrupt, name_ + ":" + std::to_string(node.Mark().line + 1) + ": " + why);
    }
    Result<Json> list(const YAML::Node& node, std::size_t depth) {
        Json all = Json::array();
        for (const auto& each : node) all.push_back(TRY(value(each, depth + 1)));
        return all;
    }
    Result<Json> map(const YAML::Node& node, std::size_t depth) {
        Json all = Json::object();
        for (const auto& entry : node) {
            if (!entry.first.IsScalar()) return refuse(entry.first, "a key must be a text");
            const std::string& key = entry.first.Scalar();
            if (all.contains(key)) return refuse(entry.first, "the key '" + key + "' stands twice; remove one");
            all[key] = TRY(value(entry.second, depth + 1));
        }
        return all;
    }
    const std::string& name_;
    std::size_t values_ = 0;
};

// Whether a reader would take a plain scalar for this text.
bool is_safe(const std::string& word) {
    return plain(word).is_string() && !is_one_of(word, {"y", "Y", "yes", "Yes", "YES", "n", "N", "no", "No", "NO", "on",
                                                        "On", "ON", "off", "Off", "OFF", "=", "<<"});
}

void put_text(YAML::Emitter& out, const std::string& word) {
    if (word.contains('\n') && !word.contains("\n ") && !word.starts_with(' '))
        out << YAML::Literal << word;
    else if (is_safe(word))
        out << word;
    else
        out << YAML::DoubleQuoted << word;
}

void put(YAML::Emitter& out, const Json& value) {
    if (value.is_object()) {
        out << (value.empty() ? YAML::Flow : YAML::Block) << YAML::BeginMap;
        for (const auto& [key, each] : value.items()) {
            out << YAML::Key;
            put_text(out, key);
            out << YAML::Value;
            put(out, each);
        }
        out << YAML::EndMap;
    } else if (value.is_array()) {
        out << (value.empty() ? YAML::Flow : YAML::Block) << YAML::BeginSeq;
        for (const auto& each : value) put(out, each);
        out << YAML::EndSeq;
    } else if (value.is_string()) {
        put_text(out, value.get<std::string>());
    } else if (value.is_null()) {
        out << YAML::Null;
    } else {
        out << value.dump();
    }
}

}  // namespace

Result<std::vector<Document>> documents(std::string_view text, const std::string& name) {
    if (text.size() > text_limit) return fail(Code::Corrupt, name + ": larger than 4 MiB, refused");
    try {
        std::vector<Document> all;
        Reader reader(name);
        for (const auto& node : YAML::LoadAll(std::string(text))) {
            if (node.IsNull()) continue;
            all.push_back({TRY(reader.value(node)), static_cast<std::size_t>(std::max(node.Mark().line, 0)) + 1});
        }
        return all;
    } catch (const YAML::Exception& error) {
        return fail(Code::Corrupt, name + (error.mark.is_null() ? "" : ":" + std::to_string(error.mark.line + 1)) +
                                       ": not valid YAML: " + error.msg);
    }
}

std::string write(const Json& value) {
    YAML::Emitter out;
    out.SetIndent(2);
    put(out, value);
    return std::string(out.c_str()) + "\n";
}

}  // namespace holdfast::yaml
