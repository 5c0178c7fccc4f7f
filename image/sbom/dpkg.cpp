#include "sbom/dpkg.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <tuple>

namespace holdfast::sbom {

namespace {

char lower(char letter) {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

bool same_name(std::string_view one, std::string_view other) {
    return std::ranges::equal(one, other, {}, lower, lower);
}

bool is_blank(std::string_view line) {
    return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

// Policy 5.1: printable ASCII without blank and colon, not beginning with '#' or '-'.
bool is_field_name(std::string_view name) {
    return !name.empty() && name[0] != '-' && std::ranges::all_of(name, [](char c) { return c > ' ' && c < 127; });
}

}  // namespace

std::string_view Paragraph::field(std::string_view name) const {
    for (const auto& [key, value] : fields_)
        if (same_name(key, name)) return value;
    return {};
}

bool Paragraph::has(std::string_view name) const {
    return std::ranges::any_of(fields_, [&](const auto& field) { return same_name(field.first, name); });
}

class ControlReader {
public:
    ControlReader(std::string_view text, const std::function<Result<>(const Paragraph&)>& each)
        : text_(text), each_(each) {}

    Result<> read() {
        while (at_ < text_.size()) {
            const std::size_t end = std::min(text_.find('\n', at_), text_.size());
            ++line_;
            TRY(take(text_.substr(at_, end - at_)));
            at_ = end + 1;
        }
        return finish();
    }

private:
    Result<> take(std::string_view line) {
        if (line.starts_with('#')) return {};
        if (is_blank(line)) return finish();
        if (line[0] == ' ' || line[0] == '\t') return continues(line);
        return begins(line);
    }

    Result<> begins(std::string_view line) {
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos || !is_field_name(line.substr(0, colon)))
            return refuse("neither a field nor a continuation");
        const std::string_view name = line.substr(0, colon);
        if (paragraph_.has(name)) return refuse("the field '" + std::string(name) + "' stands twice");
        if (paragraph_.fields_.size() == fields_limit) return refuse("too many fields in one paragraph");
        if (paragraph_.fields_.empty()) begin_ = at_;
        paragraph_.fields_.emplace_back(name, line.substr(colon + 1));
        return check_size(line);
    }

    Result<> continues(std::string_view line) {
        if (paragraph_.fields_.empty()) return refuse("a continuation of nothing");
        auto& value = paragraph_.fields_.back().second;
        value = std::string_view(value.data(), static_cast<std::size_t>(line.data() + line.size() - value.data()));
        return check_size(line);
    }

    Result<> check_size(std::string_view line) const {
        if (at_ + line.size() - begin_ > paragraph_limit) return refuse("the paragraph is too long");
        return {};
    }

    Result<> finish() {
        if (paragraph_.fields_.empty()) return {};
        for (auto& [name, value] : paragraph_.fields_) value = trim(value);
        const auto done = each_(paragraph_);
        paragraph_.fields_.clear();
        return done;
    }

    std::unexpected<Error> refuse(const std::string& why) const {
        return fail(Code::Corrupt, "line " + std::to_string(line_) + ": " + why);
    }

    std::string_view text_;
    const std::function<Result<>(const Paragraph&)>& each_;
    Paragraph paragraph_;
    std::size_t at_ = 0, line_ = 0, begin_ = 0;
};

Result<> each_paragraph(std::string_view text, const std::function<Result<>(const Paragraph&)>& each) {
    return ControlReader(text, each).read();
}

namespace {

bool made_of(std::string_view text, std::string_view extra) {
    return !text.empty() && std::ranges::all_of(text, [&](char c) {
        return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z') || extra.contains(c);
    });
}

// "libc6 (>= 2.38)", "python3:any": the name alone.
std::string bare_name(std::string_view relation) {
    const std::string_view name = trim(relation);
    return std::string(name.substr(0, name.find_first_of(" \t\n(:[<")));
}

std::vector<std::string> names(std::string_view relations, char separator) {
    std::vector<std::string> result;
    for (const auto& relation : split(relations, separator))
        if (auto name = bare_name(relation); !name.empty()) result.push_back(std::move(name));
    return result;
}

void add_depends(std::string_view relations, std::vector<std::vector<std::string>>& into) {
    for (const auto& group : split(relations, ','))
        if (auto alternatives = names(group, '|'); !alternatives.empty()) into.push_back(std::move(alternatives));
}

// "gcc-14 (14.2.0-19)", or a name alone, or nothing where source and binary are called alike.
void set_source(std::string_view field, Installed& package) {
    package.source = field.empty() ? package.name : bare_name(field);
    const std::size_t open = field.find('(');
    package.source_version = package.version;
    if (open != std::string_view::npos)
        package.source_version = trim(field.substr(open + 1, field.find(')', open) - open - 1));
}

Result<> check(const Installed& package) {
    const bool good = made_of(package.name, "+-.") && made_of(package.version, ".+-:~") &&
                      made_of(package.architecture, "-") && made_of(package.source, "+-.") &&
                      made_of(package.source_version, ".+-:~");
    if (good) return {};
    return fail(Code::Corrupt,
                "package '" + valid_utf8(package.name) + "': name, version or architecture is missing or malformed");
}

// "install ok config-files": nothing but settings is left of it.
bool has_files(std::string_view status) {
    return !status.empty() && !status.ends_with("config-files") && !status.ends_with("not-installed");
}

Installed installed(const Paragraph& paragraph) {
    Installed package{.name = std::string(paragraph.field("Package")),
                      .version = std::string(paragraph.field("Version")),
                      .architecture = std::string(paragraph.field("Architecture")),
                      .maintainer = valid_utf8(paragraph.field("Maintainer")),
                      .homepage = valid_utf8(paragraph.field("Homepage"))};
    set_source(paragraph.field("Source"), package);
    const std::string_view description = paragraph.field("Description");
    package.summary = valid_utf8(description.substr(0, description.find('\n')));
    add_depends(paragraph.field("Pre-Depends"), package.depends);
    add_depends(paragraph.field("Depends"), package.depends);
    package.provides = names(paragraph.field("Provides"), ',');
    return package;
}

auto identity(const Installed& package) {
    return std::tie(package.name, package.version, package.architecture);
}

}  // namespace

Result<std::vector<Installed>> parse_status(std::string_view text) {
    std::vector<Installed> packages;
    TRY(each_paragraph(text, [&](const Paragraph& paragraph) -> Result<> {
        if (!has_files(paragraph.field("Status"))) return {};
        packages.push_back(installed(paragraph));
        return check(packages.back());
    }));
    std::ranges::sort(packages, {}, identity);
    const auto twice = std::ranges::adjacent_find(packages, {}, identity);
    if (twice != packages.end()) return fail(Code::Corrupt, "package '" + twice->name + "' stands twice");
    return packages;
}

}  // namespace holdfast::sbom
