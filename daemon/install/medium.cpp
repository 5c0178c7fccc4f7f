#include "install/medium.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <unordered_set>

namespace holdfast::install {

namespace {

using nlohmann::json;

struct Field {
    std::string_view key;
    std::string Medium::* member;
};

constexpr std::array fields{
    Field{"id", &Medium::id},           Field{"name", &Medium::name},       Field{"board", &Medium::board},
    Field{"profile", &Medium::profile}, Field{"runtime", &Medium::runtime}, Field{"version", &Medium::version},
    Field{"commit", &Medium::commit},   Field{"ref", &Medium::ref},
};

bool is_hex(std::string_view text, std::size_t digits) {
    return text.size() == digits && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

Result<> known_keys(const json& object) {
    for (const auto& [key, value] : object.items()) {
        const bool known = key == "format" || key == "development" || std::ranges::contains(fields, key, &Field::key);
        if (!known) return fail(Code::Corrupt, "medium.json: unknown key '" + key + "'");
    }
    return {};
}

Result<> read_texts(const json& object, Medium& medium) {
    for (const auto& [key, member] : fields) {
        const auto found = object.find(key);
        if (found == object.end() || !found->is_string())
            return fail(Code::Corrupt, "medium.json: '" + std::string(key) + "' is missing or not a text");
        medium.*member = found->get<std::string>();
        // These texts are shown on a console: nothing that moves a cursor gets through.
        if (!std::ranges::all_of(medium.*member, [](char c) { return c >= ' ' && c <= '~'; }))
            return fail(Code::Corrupt, "medium.json: '" + std::string(key) + "' holds more than plain ASCII");
    }
    return {};
}

}  // namespace

Result<Medium> parse_medium(std::string_view text) {
    if (text.size() > medium_limit) return fail(Code::Corrupt, "medium.json is larger than 64 KiB, refused");
    const json object = json::parse(text, nullptr, false);
    if (!object.is_object()) return fail(Code::Corrupt, "medium.json is not a JSON object");
    TRY(known_keys(object));
    const auto format = object.find("format");
    if (format == object.end() || !format->is_number_integer() || *format != 1)
        return fail(Code::Corrupt, "medium.json: 'format' is not 1; this installer is older than the medium");
    Medium medium;
    TRY(read_texts(object, medium));
    const auto development = object.find("development");
    if (development == object.end() || !development->is_boolean())
        return fail(Code::Corrupt, "medium.json: 'development' is missing or not true or false");
    medium.development = development->get<bool>();
    if (!is_hex(medium.commit, 64)) return fail(Code::Corrupt, "medium.json: 'commit' is not 64 hex digits");
    if (medium.id != medium.commit.substr(0, 32))
        return fail(Code::Corrupt, "medium.json: 'id' is not the first 32 digits of 'commit'");
    return medium;
}

namespace {

// "SUM  PATH" or "SUM *PATH".
Result<Sum> parse_line(std::string_view line, std::size_t number) {
    const auto refuse = [number](std::string_view why) {
        return fail(Code::Corrupt, "SHA256SUMS:" + std::to_string(number) + ": " + std::string(why));
    };
    if (line.size() < 67 || line[64] != ' ' || (line[65] != ' ' && line[65] != '*'))
        return refuse("not of the form 'SUM  FILE'");
    if (!is_hex(line.substr(0, 64), 64)) return refuse("the sum is not 64 lower-case hex digits");
    const std::filesystem::path file(line.substr(66));
    if (line.find('\0') != std::string_view::npos) return refuse("a zero byte");
    if (file.is_absolute() || file.string() != file.lexically_normal().string() || *file.begin() == ".." ||
        !file.has_filename())
        return refuse("the path leads out of the folder or is not in its shortest form");
    return Sum{std::string(line.substr(0, 64)), file};
}

}  // namespace

Result<std::vector<Sum>> parse_sums(std::string_view text) {
    if (text.size() > sums_limit) return fail(Code::Corrupt, "SHA256SUMS is larger than 32 MiB, refused");
    if (text.empty() || text.back() != '\n') return fail(Code::Corrupt, "SHA256SUMS is empty or cut short");
    std::vector<Sum> sums;
    std::unordered_set<std::string> seen;
    text.remove_suffix(1);
    for (std::size_t number = 1;; ++number) {
        const auto end = text.find('\n');
        sums.push_back(TRY(parse_line(text.substr(0, end), number)));
        if (!seen.insert(sums.back().file.string()).second)
            return fail(Code::Corrupt,
                        "SHA256SUMS:" + std::to_string(number) + ": " + sums.back().file.string() + " stands twice");
        if (end == std::string_view::npos) return sums;
        text.remove_prefix(end + 1);
    }
}

}  // namespace holdfast::install
