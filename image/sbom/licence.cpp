#include "sbom/licence.hpp"

#include "base/digest.hpp"
#include "base/text.hpp"
#include "sbom/dpkg.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace holdfast::sbom {

namespace {

enum class Join { And, Or };

struct Part {
    Join join;                         // what stands before it
    std::vector<std::string> members;  // of a conjunction
};

std::string in_brackets(const std::string& text) {
    return text.contains(" OR ") ? "(" + text + ")" : text;
}

std::string conjunction(std::vector<std::string> texts) {
    if (texts.size() > 1) std::ranges::transform(texts, texts.begin(), in_brackets);
    return join(texts, " AND ");
}

// The members of one conjunction, or a single text where the parts are alternatives. AND binds tighter, as in SPDX.
std::vector<std::string> members(const std::vector<Part>& parts) {
    if (parts.empty()) return {};
    std::vector<std::vector<std::string>> alternatives;
    for (const auto& part : parts) {
        if (alternatives.empty() || part.join == Join::Or) alternatives.emplace_back();
        alternatives.back().insert(alternatives.back().end(), part.members.begin(), part.members.end());
    }
    if (alternatives.size() == 1) return alternatives[0];
    std::vector<std::string> texts;
    for (const auto& alternative : alternatives) texts.push_back(conjunction(alternative));
    return {join(texts, " OR ")};
}

std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words;
    std::string word;
    const auto end = [&] {
        if (!word.empty()) words.push_back(std::exchange(word, {}));
    };
    for (const char letter : text) {
        const bool blank = letter == ' ' || letter == '\t' || letter == '\n' || letter == '\r';
        if (!blank && letter != ',') {
            word += letter;
            continue;
        }
        end();
        if (letter == ',') words.emplace_back(",");
    }
    end();
    return words;
}

std::string lower(std::string text) {
    for (char& letter : text)
        if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
    return text;
}

// What a copyright file says, field by field.
struct Statements {
    std::vector<std::pair<std::string, std::string>> of_files;  // first line of License, its text
    std::map<std::string, std::string> texts;                   // by first line
};

// Turns the first lines of License fields (DEP-5 section 7) into expressions.
class Translator {
public:
    explicit Translator(const Statements& said) : said_(said) {}

    // The members of the conjunction that one License field stands for.
    std::vector<std::string> translate(const std::string& line, const std::string& text) {
        const auto words = words_of(line);
        std::vector<Part> groups;  // a comma parts more strongly than any word
        auto begin = words.begin();
        while (begin != words.end()) {
            const auto end = std::find(begin, words.end(), ",");
            Join join = Join::And;
            if (begin != end && begin != words.begin()) begin = skip_join(begin, join);
            auto group = clause({begin, end});
            if (group.empty()) return {reference(line, text)};
            groups.push_back({join, std::move(group)});
            begin = end == words.end() ? end : end + 1;
        }
        if (groups.empty()) return {reference(line, text)};
        return members(groups);
    }

    // What the expression refers to. A line that turned out to be prose may have left more behind.
    std::vector<ExtractedLicence> used_in(std::string_view expression) const {
        std::vector<ExtractedLicence> result;
        for (const auto& [id, licence] : extracted_)
            if (expression.contains(id)) result.push_back(licence);
        return result;
    }

private:
    using Words = std::vector<std::string>;

    static bool is_join(const std::string& word, Join& join) {
        const std::string name = lower(word);
        if (name == "or" || name == "and/or") join = Join::Or;
        if (name == "and") join = Join::And;
        return name == "or" || name == "and/or" || name == "and";
    }

    static Words::const_iterator skip_join(Words::const_iterator at, Join& join) {
        return is_join(*at, join) ? at + 1 : at;
    }

    // Names joined by words, without commas: the members of a conjunction; none where it is prose.
    std::vector<std::string> clause(const Words& words) {
        std::vector<Part> parts;
        Join join = Join::And;
        auto begin = words.begin();
        while (begin != words.end()) {
            Join next = Join::And;
            const auto end = std::find_if(begin, words.end(), [&](const auto& word) { return is_join(word, next); });
            const auto text = name({begin, end});
            if (text.empty() || (end != words.end() && end + 1 == words.end())) return {};
            parts.push_back({join, {text}});
            join = next;
            begin = end == words.end() ? end : end + 1;
        }
        return members(parts);
    }

    // "GPL-2+", or "GPL-2+ with Bison exception"; empty where it is prose.
    std::string name(const Words& words) {
        if (words.empty()) return {};
        if (words.size() == 1) {
            auto known = spdx_licence(words[0]);
            return known ? *known : named_reference(words[0]);
        }
        if (lower(words[1]) != "with" || words.size() == 2) return {};
        Words exception(words.begin() + 2, words.end());
        if (exception.size() > 1 && lower(exception.back()) == "exception") exception.pop_back();
        const auto licence = spdx_licence(words[0]);
        const auto added = spdx_exception(join(exception, " "));
        if (licence && added && !licence->contains(' ')) return *licence + " WITH " + *added;
        return named_reference(join(words, " "));
    }

    std::string named_reference(const std::string& called) {
        const auto found = said_.texts.find(called);
        return reference(called, found == said_.texts.end() ? "" : found->second);
    }

    // One name can stand for another text in another package, so the identifier holds a digest of both.
    std::string reference(const std::string& called, const std::string& text) {
        const std::string id = "LicenseRef-" + idstring(called) + "-" + sha256_hex(called + "\n" + text).substr(0, 12);
        extracted_.try_emplace(id, id, valid_utf8(called), valid_utf8(text));
        return id;
    }

    // SPDX 2.3, 10.1: letters, digits, '.' and '-'.
    static std::string idstring(std::string_view called) {
        std::string result;
        for (const char letter : called.substr(0, 40)) {
            const char small = letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
            const bool good = (small >= 'a' && small <= 'z') || (letter >= '0' && letter <= '9') || letter == '.';
            if (good || (!result.empty() && !result.ends_with('-'))) result += good ? letter : '-';
        }
        while (result.ends_with('-')) result.pop_back();
        return result.empty() ? "unnamed" : result;
    }

    const Statements& said_;
    std::map<std::string, ExtractedLicence> extracted_;
};

// Each line of a text begins with a blank; a lone dot is an empty line (DEP-5 section 4.4).
std::string plain(std::string_view value) {
    std::string text;
    for (const auto& line : split(value, '\n')) {
        std::string_view content = line;
        if (content.starts_with(' ') || content.starts_with('\t')) content.remove_prefix(1);
        text.append(trim(content) == "." ? "" : content).append("\n");
    }
    return std::string(trim(text));
}

void add(const Paragraph& paragraph, Statements& to) {
    const std::string_view field = paragraph.field("License");
    const std::size_t end = std::min(field.find('\n'), field.size());
    // The value came without its own first blank, so text that begins at once stands where a name would.
    std::string line(trim(field.substr(0, end)));
    std::string text = end < field.size() ? plain(field.substr(end + 1)) : "";
    if (field.empty()) return;
    if (!text.empty()) to.texts.try_emplace(line, text);
    if (paragraph.has("Files")) to.of_files.emplace_back(std::move(line), std::move(text));
}

Result<Statements> read(std::string_view text) {
    if (text.size() > copyright_limit) return fail(Code::Corrupt, "too large");
    Statements said;
    bool first = true;
    TRY(each_paragraph(text, [&](const Paragraph& paragraph) -> Result<> {
        if (std::exchange(first, false) && !paragraph.field("Format").contains("copyright-format") &&
            !paragraph.field("Format").contains("dep5"))
            return fail(Code::NotFound, "not in the machine-readable format");
        add(paragraph, said);
        return {};
    }));
    return said;
}

}  // namespace

Licence parse_copyright(std::string_view text) {
    const auto said = read(text);
    if (!said) return {};
    Translator translator(*said);
    std::set<std::string> all;
    for (const auto& [line, own_text] : said->of_files)
        for (auto& member : translator.translate(line, own_text)) all.insert(std::move(member));
    std::string expression = conjunction({all.begin(), all.end()});
    return {expression, translator.used_in(expression)};
}

}  // namespace holdfast::sbom
