#include "recipe/recipe.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>

namespace holdfast::recipe {

namespace {

using yaml::Mapping;

struct TpmName {
    std::string_view name;
    Tpm tpm;
};
constexpr std::array tpm_names{TpmName{"required", Tpm::Required}, TpmName{"optional", Tpm::Optional},
                               TpmName{"late", Tpm::Late}, TpmName{"none", Tpm::None}};

Result<Tpm> tpm_of(const Mapping& capabilities) {
    const std::string text = TRY(capabilities.one_of("tpm", {"required", "optional", "late", "none"}));
    return std::ranges::find(tpm_names, text, &TpmName::name)->tpm;
}

// Anything that would let one word of the command line become two, or end the quoting.
Result<> check_words(const Mapping& mapping, std::string_view key, const std::vector<std::string>& words) {
    for (const auto& word : words)
        if (word.empty() || word.find_first_of(" \t\n\"") != std::string::npos)
            return mapping.refuse(
                key, "'" + word + "' is not one word; write one list item per word, without quotes inside");
    return {};
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

Result<> check_name(const Mapping& mapping, const std::string& name, const std::filesystem::path& file) {
    const std::string folder = file.parent_path().filename();
    if (name == folder) return {};
    return mapping.refuse("name", "'" + name + "' is not the name of its folder; write 'name: " + folder + "'");
}

// The YAML file of `name` in `folder`, or an error with the nearest name that exists there.
Result<std::filesystem::path> find(const std::filesystem::path& folder, const std::string& name,
                                   const std::string& file, std::string_view what) {
    if (std::filesystem::exists(folder / name / file) && name.find('/') == std::string::npos)
        return folder / name / file;
    std::vector<std::string> names;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(folder, ignored))
        if (std::filesystem::exists(entry.path() / file)) names.push_back(entry.path().filename());
    std::ranges::sort(names);
    const std::string meant = nearest(name, names);
    return fail(Code::NotFound,
                "there is no " + std::string(what) + " '" + name + "' in " + folder.string() + "; " +
                    (meant.empty() ? "there are: " + join(names, ", ") : "did you mean '" + meant + "'?"));
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

Result<Profile> load_profile(const std::filesystem::path& file) {
    const Mapping top = TRY(Mapping::load(file));
    TRY(top.only({"name", "title", "development", "cmdline"}));
    Profile profile;
    profile.name = TRY(top.text("name"));
    TRY(check_name(top, profile.name, file));
    profile.title = TRY(top.text("title"));
    profile.development = TRY(top.boolean("development", false));
    profile.cmdline = TRY(top.texts("cmdline"));
    TRY(check_words(top, "cmdline", profile.cmdline));
    return profile;
}

Result<Runtime> load_runtime(const std::filesystem::path& file) {
    const Mapping top = TRY(Mapping::load(file));
    TRY(top.only({"name", "title", "architectures"}));
    Runtime runtime;
    runtime.name = TRY(top.text("name"));
    TRY(check_name(top, runtime.name, file));
    runtime.title = TRY(top.text("title"));
    runtime.architectures = TRY(top.texts("architectures"));
    return runtime;
}

Result<Recipe> load(const std::filesystem::path& source, const Choice& choice) {
    Recipe recipe;
    recipe.source = source;
    recipe.version = choice.version;
    TRY(check_version(recipe.version));
    recipe.board = TRY(find(source / "hardware", choice.hardware, "board.yaml", "board").and_then(load_board));
    recipe.profile = TRY(find(source / "profiles", choice.profile, "profile.yaml", "profile").and_then(load_profile));
    const auto runtime_file = TRY(find(source / "recipes", choice.runtime, "runtime.yaml", "runtime"));
    recipe.runtime = TRY(load_runtime(runtime_file));
    TRY(check_together(recipe, runtime_file));
    return recipe;
}

std::string Recipe::reference() const {
    return "holdfast/" + board.name + "/" + profile.name + "/" + runtime.name;
}

std::string Recipe::name() const {
    return "holdfast-" + board.name + "-" + profile.name + "-" + runtime.name + "-" + version;
}

std::string Recipe::cmdline() const {
    std::vector<std::string> words{"root=gpt-auto", "rw"};
    words.insert(words.end(), board.cmdline.begin(), board.cmdline.end());
    words.insert(words.end(), profile.cmdline.begin(), profile.cmdline.end());
    return join(words, " ");
}

}  // namespace holdfast::recipe
