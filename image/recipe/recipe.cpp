#include "recipe/recipe.hpp"

#include "base/text.hpp"
#include "recipe/entry.hpp"

#include <algorithm>
#include <array>

namespace holdfast::recipe {

namespace {

using yaml::Mapping;

struct TpmName {
    std::string_view name;
    Tpm tpm;
};
const std::vector<std::string> more_components{"contrib", "non-free"};
constexpr std::array tpm_names{TpmName{"required", Tpm::Required}, TpmName{"optional", Tpm::Optional},
                               TpmName{"late", Tpm::Late}, TpmName{"none", Tpm::None}};

Result<Tpm> tpm_of(const Mapping& capabilities) {
    const std::string text = TRY(capabilities.one_of("tpm", {"required", "optional", "late", "none"}));
    return std::ranges::find(tpm_names, text, &TpmName::name)->tpm;
}

Result<> read_initrd(const Mapping& board, Board& into) {
    const Mapping initrd = TRY(board.child("initrd"));
    TRY(initrd.only({"modules", "microcode"}));
    into.initrd_modules = TRY(initrd.texts("modules"));
    if (initrd.has("microcode")) into.microcode = TRY(initrd.one_of("microcode", {"intel", "amd"}));
    if (const auto installer = TRY(board.optional_child("installer"))) {
        TRY(installer->only({"modules"}));
        into.installer_modules = TRY(installer->texts("modules"));
    }
    return {};
}

void append(std::vector<std::string>& words, const std::vector<std::string>& more) {
    words.insert(words.end(), more.begin(), more.end());
}

Result<std::vector<Option>> load_options(const std::filesystem::path& board, std::vector<std::string> names) {
    std::ranges::sort(names);
    names.erase(std::ranges::unique(names).begin(), names.end());
    std::vector<Option> options;
    for (const auto& name : names) {
        const auto file = TRY(find_entry(board / "options", name, "option.yaml", "option"));
        options.push_back(TRY(load_option(file)));
    }
    for (const auto& option : options)
        for (const auto& other : option.conflicts)
            if (std::ranges::contains(names, other))
                return fail(Code::Corrupt, "the options '" + option.name + "' and '" + other +
                                               "' exclude one another; choose one of them");
    return options;
}

// `file`: the profile's.
Result<> check_pin(const Recipe& recipe, const std::filesystem::path& file) {
    if (!recipe.profile.disk_pin || recipe.board.tpm != Tpm::None) return {};
    return fail(Code::Corrupt, file.string() + ": disk-pin: a TPM keeps the PIN, and the board '" + recipe.board.name +
                                   "' has none; choose another board, or a profile without 'disk-pin: true'");
}

Result<> check_together(const Recipe& recipe, const std::filesystem::path& runtime_file) {
    if (std::ranges::contains(recipe.runtime.architectures, recipe.board.architecture)) return {};
    return fail(Code::Corrupt, runtime_file.string() + ": architectures: the runtime '" + recipe.runtime.name +
                                   "' has nothing for " + recipe.board.architecture + ", which the board '" +
                                   recipe.board.name + "' is; choose another runtime or board, or add " +
                                   recipe.board.architecture + " here together with its artifacts");
}

Result<> check_version(const std::string& version) {
    const bool plain = !version.empty() && version.size() <= 64 && std::ranges::all_of(version, [](unsigned char c) {
        return std::isalnum(c) || c == '.' || c == '+' || c == '~';
    });
    if (plain) return {};
    return fail(Code::Corrupt,
                "the version '" + version + "' may hold letters, digits, '.', '+' and '~' only, such as 1.4.0");
}

}  // namespace

std::string_view spelling(Tpm tpm) {
    return std::ranges::find(tpm_names, tpm, &TpmName::tpm)->name;
}

Result<Board> load_board(const std::filesystem::path& file) {
    const Mapping top = TRY(Mapping::load(file));
    TRY(top.only({"name", "title", "architecture", "cmdline", "initrd", "installer", "modules", "capabilities"}));
    Board board;
    board.name = TRY(top.text("name"));
    TRY(check_name(top, board.name, file));
    board.title = TRY(top.text("title"));
    board.architecture = TRY(top.one_of("architecture", {"x86-64", "arm64"}));
    board.cmdline = TRY(top.texts("cmdline"));
    TRY(check_words(top, "cmdline", board.cmdline));
    TRY(read_initrd(top, board));
    board.modules = TRY(top.texts("modules"));
    const Mapping capabilities = TRY(top.child("capabilities"));
    TRY(capabilities.only({"tpm", "secure-boot"}));
    board.tpm = TRY(tpm_of(capabilities));
    board.secure_boot = TRY(capabilities.boolean("secure-boot", true));
    return board;
}

Result<Option> load_option(const std::filesystem::path& file) {
    const Mapping top = TRY(Mapping::load(file));
    TRY(top.only({"name", "title", "cmdline", "modules", "components", "conflicts"}));
    Option option;
    option.name = TRY(top.text("name"));
    TRY(check_name(top, option.name, file));
    option.title = TRY(top.text("title"));
    option.cmdline = TRY(top.texts("cmdline"));
    TRY(check_words(top, "cmdline", option.cmdline));
    option.modules = TRY(top.texts("modules"));
    option.components = TRY(top.texts("components"));
    for (const auto& component : option.components)
        if (!std::ranges::contains(more_components, component))
            return top.refuse("components", "'" + component + "' is none that Debian has besides; write one of: " +
                                                join(more_components, ", "));
    option.conflicts = TRY(top.texts("conflicts"));
    return option;
}

Result<Profile> load_profile(const std::filesystem::path& file) {
    const Mapping top = TRY(Mapping::load(file));
    TRY(top.only({"name", "title", "development", "disk-pin", "cmdline"}));
    Profile profile;
    profile.name = TRY(top.text("name"));
    TRY(check_name(top, profile.name, file));
    profile.title = TRY(top.text("title"));
    profile.development = TRY(top.boolean("development", false));
    profile.disk_pin = TRY(top.boolean("disk-pin", false));
    profile.cmdline = TRY(top.texts("cmdline"));
    TRY(check_words(top, "cmdline", profile.cmdline));
    return profile;
}

Result<Runtime> load_runtime(const std::filesystem::path& file) {
    const Mapping top = TRY(Mapping::load(file));
    TRY(top.only({"name", "title", "architectures", "state"}));
    Runtime runtime;
    runtime.name = TRY(top.text("name"));
    TRY(check_name(top, runtime.name, file));
    runtime.title = TRY(top.text("title"));
    runtime.architectures = TRY(top.texts("architectures"));
    runtime.state = TRY(top.texts("state"));
    for (const auto& path : runtime.state)
        if (!path.starts_with("/var/") || path.contains("..") || path.ends_with('/'))
            return top.refuse("state",
                              "'" + path + "' is no path below /var; write the runtime's folders and files there");
    return runtime;
}

Result<Recipe> load(const std::filesystem::path& source, const Choice& choice) {
    Recipe recipe;
    recipe.source = source;
    recipe.version = choice.version;
    TRY(check_version(recipe.version));
    recipe.board = TRY(find_entry(source / "hardware", choice.hardware, "board.yaml", "board").and_then(load_board));
    recipe.options = TRY(load_options(source / "hardware" / choice.hardware, choice.options));
    const auto profile_file = TRY(find_entry(source / "profiles", choice.profile, "profile.yaml", "profile"));
    recipe.profile = TRY(load_profile(profile_file));
    TRY(check_pin(recipe, profile_file));
    const auto runtime_file = TRY(find_entry(source / "recipes", choice.runtime, "runtime.yaml", "runtime"));
    recipe.runtime = TRY(load_runtime(runtime_file));
    TRY(check_together(recipe, runtime_file));
    return recipe;
}

std::string Recipe::hardware() const {
    std::string text = board.name;
    for (const auto& option : options) text += "." + option.name;
    return text;
}

std::string Recipe::stem() const {
    return hardware() + "-" + profile.name + "-" + runtime.name;
}

std::string Recipe::reference() const {
    return "holdfast/" + hardware() + "/" + profile.name + "/" + runtime.name;
}

std::string Recipe::name() const {
    return "holdfast-" + stem() + "-" + version;
}

std::string Recipe::cmdline() const {
    std::vector<std::string> words{"root=gpt-auto", "rw"};
    append(words, board.cmdline);
    for (const auto& option : options) append(words, option.cmdline);
    append(words, profile.cmdline);
    return join(words, " ");
}

std::vector<std::string> Recipe::modules() const {
    std::vector<std::string> names = board.modules;
    for (const auto& option : options) append(names, option.modules);
    return names;
}

std::vector<std::string> Recipe::option_names() const {
    std::vector<std::string> names;
    names.reserve(options.size());
    for (const auto& option : options) names.push_back(option.name);
    return names;
}

}  // namespace holdfast::recipe
