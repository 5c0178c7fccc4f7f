// holdfast-image: from a recipe to a signed commit, a disk and an installer. This file is the command line;
// the work is in the rooms beside it.
#include "base/text.hpp"
#include "base/words.hpp"
#include "compose/compose.hpp"
#include "compose/iso.hpp"
#include "inspect/answers.hpp"
#include "inspect/inspect.hpp"
#include "keys/keys.hpp"
#include "keys/pcr.hpp"
#include "publish_verbs.hpp"

#include <cstdio>
#include <cstdlib>
#include <print>

namespace {

using namespace holdfast;
namespace fs = std::filesystem;

struct Arguments {
    recipe::Choice choice{"generic-x86-64", "dev", "podman", HOLDFAST_VERSION};
    fs::path source = fs::current_path(), out = "build/images", work = "build/work", cache, keys = "keys/development",
             debs;
    fs::path sources = "/etc/apt/sources.list.d/holdfast.sources";
    std::string time = "1700000000", label = "development";
    fs::path first, second, answers, trees;
    bool json = false, trees_only = false, no_cache = false, no_disk = false, no_iso = false;
};

compose::Options options(const recipe::Recipe& recipe, const Arguments& a) {
    const fs::path work = fs::absolute(a.work);
    return {.at = {.build = work / recipe.stem(),
                   .cache = a.cache.empty() ? work / "cache" : fs::absolute(a.cache),
                   .apt_sources = a.sources,
                   .debs = a.debs.empty() ? fs::path() : fs::absolute(a.debs),
                   .seed_time = a.time,
                   .incremental = !a.no_cache},
            .out = fs::absolute(a.out),
            .keys = fs::absolute(a.keys),
            .disk = !a.no_disk,
            .iso = !a.no_iso};
}

int show(const compose::Image& image, bool json) {
    if (json)
        std::println("{}", nlohmann::ordered_json{{"name", image.name},
                                                  {"folder", image.folder.string()},
                                                  {"commit", image.commit},
                                                  {"content", image.content}}
                               .dump());
    else
        std::println("{}\n  commit  {}\n  content {}", image.folder.string(), image.commit, image.content);
    return 0;
}

Result<int> build(const Arguments& a) {
    const auto recipe = TRY(recipe::load(fs::absolute(a.source), a.choice));
    const auto how = options(recipe, a);
    if (!a.trees_only) return show(TRY(compose::build(recipe, how)), a.json);
    const auto trees = TRY(recipe::make_trees(recipe, how.at, how.iso));
    if (a.json)
        std::println("{}", nlohmann::ordered_json{{"trees", trees.folder.string()}}.dump());
    else
        std::println("{}", trees.folder.string());
    return 0;
}

Result<int> compose_image(const Arguments& a) {
    const auto recipe = TRY(recipe::load(fs::absolute(a.source), a.choice));
    auto how = options(recipe, a);
    how.keep_trees = true;
    const auto trees = TRY(recipe::find_trees(fs::absolute(a.trees), how.iso));
    return show(TRY(compose::compose(recipe, how, trees)), a.json);
}

// In the build root, what is written beside the folders of the caller's own computer is thrown away with it.
Result<> check_kept(const fs::path& directory) {
    const char* kept = std::getenv("HOLDFAST_KEPT");
    if (!kept) return {};
    const std::string path = fs::absolute(directory).lexically_normal().string() + "/";
    for (const auto& folder : split(kept, ':'))
        if (path.starts_with(folder + "/")) return {};
    return fail(Code::Denied,
                directory.string() +
                    " would be made in the build root, which is thrown away; run './dev tool keys create " +
                    directory.string() + "'");
}

Result<int> create_keys(const Arguments& a) {
    TRY(check_kept(a.first));
    TRY(keys::create(a.first, {.label = a.label}));
    const auto opened = TRY(keys::open(a.first));
    std::println("{}: PK, KEK and db for Secure Boot; a key for sealed disks; release key {}", a.first.string(),
                 opened.fingerprint());
    if (opened.development())
        std::println("These are DEVELOPMENT keys: images signed with them are not for production.");
    return 0;
}

Result<int> add_pcr_key(const Arguments& a) {
    TRY(keys::open(a.first));
    const auto key = TRY(keys::add_pcr_key(a.first));
    std::println(
        "{}: signs images from now on, beside the older ones; disks are sealed to it once both slots of a box "
        "hold such an image",
        key.secret.string());
    return 0;
}

Result<int> inspect_image(const Arguments& a) {
    const auto papers = TRY(inspect::papers(a.first));
    if (a.json) {
        std::println("{}", papers.dump());
        return 0;
    }
    for (const auto& [key, value] : papers.items())
        std::println("{:<12} {}", key, value.is_string() ? value.get<std::string>() : value.dump());
    return 0;
}

Result<int> verify_image(const Arguments& a) {
    const auto papers = TRY(inspect::papers(a.first));
    const auto findings = TRY(inspect::verify(a.first, a.keys));
    const bool good = std::ranges::all_of(findings, &inspect::Finding::good);
    const bool development = papers.value("development", true);
    if (a.json) {
        nlohmann::ordered_json list = nlohmann::ordered_json::array();
        for (const auto& finding : findings) list.push_back({{"good", finding.good}, {"what", finding.what}});
        std::println("{}",
                     nlohmann::ordered_json{{"good", good}, {"development", development}, {"findings", list}}.dump());
        return good ? 0 : 1;
    }
    for (const auto& finding : findings) std::println("{}  {}", finding.good ? "ok " : "BAD", finding.what);
    if (development) std::println("\n*** DEVELOPMENT IMAGE: not for production ***");
    return good ? 0 : 1;
}

Result<int> show_difference(const Arguments& a) {
    const auto difference = TRY(inspect::first_difference(a.first, a.second));
    std::println("{}", difference.empty() ? "the same content" : difference);
    return difference.empty() ? 0 : 1;
}

Result<int> customize(const Arguments& a) {
    TRY(inspect::check_answers(a.first, a.answers));
    TRY(compose::customize_iso(a.first, a.answers, a.second));
    std::println("{}", a.second.string());
    return 0;
}

using Verb = std::function<Result<int>()>;

// What decides which image it is, where things are, and what is wanted of it.
void add_image_options(CLI::App& verb, Arguments& a) {
    verb.add_option("--hardware", a.choice.hardware, "a folder of hardware/")->capture_default_str();
    verb.add_option("--option", a.choice.options, "a folder of the board's options/; may stand several times")
        ->allow_extra_args(false);
    verb.add_option("--profile", a.choice.profile, "a folder of profiles/")->capture_default_str();
    verb.add_option("--runtime", a.choice.runtime, "a folder of recipes/")->capture_default_str();
    verb.add_option("--release", a.choice.version, "version of the image")->capture_default_str();
    verb.add_option("--source", a.source, "the folder that holds hardware/, profiles/, recipes/, overlays/");
    verb.add_option("--out", a.out, "gets a folder with the image's name")->capture_default_str();
    verb.add_option("--work", a.work, "scratch space; may be thrown away")->capture_default_str();
    verb.add_option("--cache", a.cache, "mkosi's cached packages and trees (WORK/cache)");
    verb.add_option("--keys", a.keys, "key directory, see 'keys create'")->capture_default_str();
    verb.add_option("--time", a.time, "SOURCE_DATE_EPOCH of everything in the image")->capture_default_str();
    verb.add_flag("--no-disk", a.no_disk, "no .raw");
    verb.add_flag("--no-iso", a.no_iso, "no installer");
}

void add_build(CLI::App& app, Arguments& a, Verb& chosen) {
    auto* verb = app.add_subcommand("build", "Build an image: signed commit, disk, ISO, SBOMs, reference measurements");
    verb->footer(
        "Examples:\n"
        "  holdfast-image build --debs DIR --hardware advantech-poc-8 --profile hospital --keys /secure/keys\n"
        "  holdfast-image build --debs DIR --hardware advantech-poc-8 --option nvidia-mxm\n"
        "  holdfast-image build --debs DIR --trees-only     then 'compose' where the keys are");
    add_image_options(*verb, a);
    verb->add_option("--debs", a.debs, "folder with Holdfast's own .deb")->required();
    verb->add_option("--apt-sources", a.sources, "deb822 file with the package mirror")->capture_default_str();
    verb->add_flag("--no-cache", a.no_cache, "let mkosi begin from nothing");
    verb->add_flag("--trees-only", a.trees_only, "run mkosi and end there: no keys are needed, nothing is signed");
    verb->callback([&chosen, &a] { chosen = [&a] { return build(a); }; });
}

void add_compose(CLI::App& app, Arguments& a, Verb& chosen) {
    auto* verb = app.add_subcommand("compose", "Compose and sign an image from trees that mkosi made before");
    verb->footer(
        "Example, on a computer that has the keys and no network:\n"
        "  holdfast-image compose --trees /mnt/trees --keys /secure/keys");
    add_image_options(*verb, a);
    verb->add_option("--trees", a.trees, "folder made by 'build --trees-only'; it is only read")->required();
    verb->add_option("--debs", a.debs, "folder with Holdfast's own .deb, for its digest in the SBOM");
    verb->callback([&chosen, &a] { chosen = [&a] { return compose_image(a); }; });
}

void add_verb(CLI::App& app, Arguments& a, Verb& chosen, const char* name, const char* help,
              Result<int> (*verb)(const Arguments&), bool two) {
    auto* sub = app.add_subcommand(name, help);
    sub->add_option("image", a.first, "the image's folder")->required();
    if (two) sub->add_option("other", a.second, "the other image's folder")->required();
    if (verb == verify_image) sub->add_option("--keys", a.keys, "key directory")->capture_default_str();
    sub->callback([&chosen, &a, verb] { chosen = [&a, verb] { return verb(a); }; });
}

void add_keys(CLI::App& app, Arguments& a, Verb& chosen) {
    auto* group = app.add_subcommand("keys", "Keys that sign images")->require_subcommand(1);
    auto* verb = group->add_subcommand("create", "Make PK, KEK and db for Secure Boot and the OpenPGP release key");
    verb->add_option("directory", a.first, "made with mode 0700; must not exist yet")->required();
    verb->add_option("--label", a.label, "'development' marks every image that these keys sign")->capture_default_str();
    verb->callback([&chosen, &a] { chosen = [&a] { return create_keys(a); }; });
    auto* add = group->add_subcommand("add-pcr", "Add a newer key for sealed disks: what older ones signed loses them");
    add->add_option("directory", a.first, "a key directory")->required();
    add->footer(
        "Example, when a release must lose the disks that it can still unseal:\n"
        "  holdfast-image keys add-pcr /secure/keys     then build and roll out two releases");
    add->callback([&chosen, &a] { chosen = [&a] { return add_pcr_key(a); }; });
}

void add_customize(CLI::App& app, Arguments& a, Verb& chosen) {
    auto* verb = app.add_subcommand("customize", "Put an install.yaml onto an ISO, for an unattended installation");
    verb->add_option("iso", a.first, "the ISO")->required();
    verb->add_option("--answers", a.answers, "the install.yaml")->required();
    verb->add_option("--output", a.second, "the new ISO")->required();
    verb->callback([&chosen, &a] { chosen = [&a] { return customize(a); }; });
}

}  // namespace

int main(int count, char** words) {
    Arguments a;
    Verb chosen;
    CLI::App app("Builds Holdfast images: immutable, signed, measured.", "holdfast-image");
    app.set_version_flag("--version", HOLDFAST_VERSION);
    app.add_flag("--json", a.json, "machine-readable result on stdout");
    app.footer(
        "Exit codes: 0 done, 1 something differs or does not verify, 64 to 77 as in sysexits.h; see "
        "holdfast-image(1).");
    app.fallthrough()->require_subcommand(1);
    add_build(app, a, chosen);
    add_compose(app, a, chosen);
    add_keys(app, a, chosen);
    add_verb(app, a, chosen, "inspect", "Show what an image is", inspect_image, false);
    add_verb(app, a, chosen, "verify", "Check all signatures of an image and its measurements", verify_image, false);
    add_verb(app, a, chosen, "diff", "Name the first file that differs between two images", show_difference, true);
    add_customize(app, a, chosen);
    add_publishing(app, a.json, chosen);
    return run_words(app, count, words, chosen);
}
