#include "base/yaml_documents.hpp"

#include "base/file.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <sstream>
#include <yaml-cpp/eventhandler.h>
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

struct Refused {
    int line;
    std::string why;
};

// Values as the parser comes to them. yaml-cpp's own nodes would do, but LoadAll() goes round and round for good where
// something stands between two documents ("&a,,1b").
class Builder : public YAML::EventHandler {
public:
    std::vector<Document> all;

    void OnDocumentStart(const YAML::Mark& mark) override {
        if (mark.pos == begun_) refuse(mark, "this belongs to no document");
        begun_ = mark.pos;
        anchors_.clear();
    }
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { put(mark, Json(), anchor, 1); }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        const auto found = anchors_.find(anchor);
        if (found == anchors_.end()) refuse(mark, "an alias inside of what it stands for");
        const Kept kept = found->second;
        if (open_.size() + kept.depth > deepest) refuse(mark, too_deep);
        count(mark, kept.values);
        put(mark, kept.value, 0, kept.depth);
    }
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        if (tag != "?" && tag != "!" && !tag.empty()) refuse(mark, "the tag " + tag + " is not taken; leave it out");
        count(mark, 1);
        if (takes_key()) return put_key(mark, value);
        put(mark, tag == "!" ? Json(value) : plain(value), anchor, 1);
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        begin(mark, tag, anchor, Json::array());
    }
    void OnSequenceEnd() override { end(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        begin(mark, tag, anchor, Json::object());
    }
    void OnMapEnd() override { end(); }

private:
    static constexpr auto too_deep = "it is nested deeper than 32";
    struct Open {
        YAML::Mark mark;
        YAML::anchor_t anchor;
        Json value;
        std::optional<std::string> key;
        std::size_t values;  // counted before it
        std::size_t depth = 1;
    };
    struct Kept {
        Json value;
        std::size_t values, depth;
    };

    [[noreturn]] static void refuse(const YAML::Mark& mark, const std::string& why) { throw Refused{mark.line, why}; }
    void count(const YAML::Mark& mark, std::size_t more) {
        values_ += more;
        if (values_ > most_values) refuse(mark, "it has more than 200,000 values");
    }
    bool takes_key() const { return !open_.empty() && open_.back().value.is_object() && !open_.back().key; }
    void put_key(const YAML::Mark& mark, const std::string& key) {
        if (open_.back().value.contains(key)) refuse(mark, "the key '" + key + "' stands twice; remove one");
        open_.back().key = key;
    }
    void begin(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, Json empty) {
        if (tag != "?" && !tag.empty()) refuse(mark, "the tag " + tag + " is not taken; leave it out");
        if (takes_key()) refuse(mark, "a key must be a text");
        if (open_.size() >= deepest) refuse(mark, too_deep);
        open_.push_back({mark, anchor, std::move(empty), {}, values_});
        count(mark, 1);
    }
    void end() {
        Open done = std::move(open_.back());
        open_.pop_back();
        if (done.anchor != 0) anchors_[done.anchor] = {done.value, values_ - done.values, done.depth};
        put(done.mark, std::move(done.value), 0, done.depth);
    }
    void put(const YAML::Mark& mark, Json value, YAML::anchor_t anchor, std::size_t depth) {
        if (takes_key()) refuse(mark, "a key must be a text");
        if (anchor != 0) anchors_[anchor] = {value, 1, depth};
        if (open_.empty()) {
            if (!value.is_null()) all.push_back({std::move(value), static_cast<std::size_t>(mark.line) + 1});
            return;
        }
        Open& above = open_.back();
        above.depth = std::max(above.depth, depth + 1);
        if (above.value.is_array()) {
            above.value.push_back(std::move(value));
        } else {
            above.value[*above.key] = std::move(value);
            above.key.reset();
        }
    }

    std::vector<Open> open_;
    std::map<YAML::anchor_t, Kept> anchors_;
    std::size_t values_ = 0;
    int begun_ = -1;
};

// Whether a reader would take a plain scalar for this text.
bool is_safe(const std::string& word) {
    return plain(word).is_string() && !is_one_of(word, {"y", "Y", "yes", "Yes", "YES", "n", "N", "no", "No", "NO", "on",
                                                        "On", "ON", "off", "Off", "OFF", "=", "<<"});
}

// Lines that a block holds as they are: it ends with one end of a line, and indents none of its own.
bool is_block(const std::string& text) {
    const bool odd = text.starts_with(' ') || text.starts_with('\n') || text.contains("\n ") || text.contains("\n\n") ||
                     std::ranges::any_of(text, [](unsigned char c) { return c < ' ' && c != '\n'; });
    return !odd && text.size() > 1 && text.ends_with('\n');
}

void put_word(YAML::Emitter& out, const std::string& word) {
    const bool quoted =
        !is_safe(word) || std::ranges::any_of(word, [](unsigned char c) { return c < ' ' || c == 0x7f; });
    if (quoted) out << YAML::DoubleQuoted;
    out << word;
}

void put_text(YAML::Emitter& out, const std::string& text) {
    if (!is_block(text)) return put_word(out, text);
    out << YAML::Literal << text;
}

void put(YAML::Emitter& out, const Json& value) {
    if (value.is_object()) {
        out << (value.empty() ? YAML::Flow : YAML::Block) << YAML::BeginMap;
        for (const auto& [key, each] : value.items()) {
            out << YAML::Key;
            put_word(out, key);
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

// What YAML is made of (section 5.1): UTF-8 without control characters. yaml-cpp takes anything.
bool is_printable(std::string_view text) {
    const auto is_control = [](unsigned char c) {
        return (c < ' ' && c != '\t' && c != '\n' && c != '\r') || c == 0x7f;
    };
    return std::ranges::none_of(text, is_control) && valid_utf8(text) == text;
}

}  // namespace

Result<std::vector<Document>> documents(std::string_view text, const std::string& name) {
    if (text.size() > text_limit) return fail(Code::Corrupt, name + ": larger than 4 MiB, refused");
    if (!is_printable(text)) return fail(Code::Corrupt, name + ": no YAML: it is not UTF-8, or has control characters");
    try {
        std::istringstream stream{std::string(text)};
        YAML::Parser parser(stream);
        Builder builder;
        while (parser.HandleNextDocument(builder)) {
        }
        return std::move(builder.all);
    } catch (const Refused& refused) {
        return fail(Code::Corrupt, name + ":" + std::to_string(refused.line + 1) + ": " + refused.why);
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
