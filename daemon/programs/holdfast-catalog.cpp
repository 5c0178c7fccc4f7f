// The catalog on this box: what there is, who owns it and what it needs; written and searched with no network.
// People use: holdfast catalog.
#include "base/text.hpp"
#include "base/words.hpp"
#include "base/yaml_documents.hpp"
#include "catalog/files.hpp"
#include "catalog/query.hpp"
#include "catalog/reference.hpp"
#include "catalog/validate.hpp"
#include "enroll/kept.hpp"
#include "inventory/observe.hpp"
#include "portal/portal.hpp"
#include "programs/audited.hpp"
#include "programs/catalog_observe.hpp"
#include "programs/catalog_show.hpp"

#include <cstdio>

namespace {

using namespace holdfast;
namespace fs = std::filesystem;

struct Arguments {
    fs::path root = "/";
    std::vector<fs::path> files;
    std::vector<std::string> names, filters, words, order;
    std::string name, path, why;
    std::size_t choice = 0;
    std::uint64_t limit = UINT64_MAX, offset = 0;
    portal::Listening listening;
    bool json = false, yaml = false;

    Form form() const { return json ? Form::OneLine : yaml ? Form::Yaml : Form::People; }
};

// All of them, or none where one is none.
Result<std::vector<catalog::Found>> documents(const Arguments& a) {
    std::vector<catalog::Found> all;
    std::vector<std::string> wrong;
    for (const auto& file : a.files)
        for (auto& each : TRY(catalog::documents_in(file))) {
            for (const auto& said : catalog::objections(each.document)) wrong.push_back(each.place + ": " + said);
            all.push_back(std::move(each));
        }
    if (!wrong.empty()) return fail(Code::Corrupt, "nothing was applied:\n  " + join(wrong, "\n  "));
    return all;
}

// What changes the catalog, on record first.
template <class Work>
Result<int> on_record(const Arguments& a, const std::string& verb, const std::string& on, const Work& work) {
    return audit::on_record(on_box(a.root), {.verb = "catalog." + verb, .on = on, .why = a.why}, work);
}

// As a person names them: "Component pump", with the namespace where one is written.
std::string named(const std::vector<catalog::Found>& all) {
    std::vector<std::string> names;
    for (const auto& each : all) {
        const auto& metadata = each.document.at("metadata");
        names.push_back(each.document.at("kind").get<std::string>() + ":" +
                        (metadata.contains("namespace") ? metadata.at("namespace").get<std::string>() + "/" : "") +
                        metadata.at("name").get<std::string>());
    }
    return join(names, ", ");
}

Result<int> apply(const Arguments& a) {
    const auto all = TRY(documents(a));
    return on_record(a, "apply", named(all), [&]() -> Result<int> {
        auto place = TRY(CatalogPlace::open(a.root));
        const auto author = TRY(place.author());
        show_applied(TRY(author.apply(all)), a.json);
        return 0;
    });
}

Result<int> check(const Arguments& a) {
    const auto all = TRY(documents(a));
    if (a.json)
        std::printf("{\"entities\":%zu}\n", all.size());
    else
        std::printf(all.size() == 1 ? "one entity, and it is whole\n" : "%zu entities, all of them whole\n",
                    all.size());
    return 0;
}

Result<int> get(const Arguments& a) {
    auto place = TRY(CatalogPlace::open(a.root));
    for (const auto& words : a.names) {
        const auto name = TRY(place.meant(words));
        const auto found = TRY(place.catalog.get(name));
        if (!found) return fail(Code::NotFound, "there is no " + name + "; look with: holdfast catalog list");
        if (a.names.size() > 1 && !a.json) std::puts("---");
        show_entity(*found, a.form());
    }
    return 0;
}

Result<int> list(const Arguments& a) {
    auto place = TRY(CatalogPlace::open(a.root));
    catalog::Query query;
    for (const auto& each : a.filters) query.any.push_back(TRY(catalog::parse_filter(each)));
    query.words = join(a.words, " ");
    for (const auto& each : a.order)
        query.order.push_back({each.starts_with('-') ? each.substr(1) : each, each.starts_with('-')});
    query.limit = a.limit;
    query.offset = a.offset;
    std::vector<catalog::Entity> found;
    for (const auto& name : TRY(catalog::find(place.catalog, query)))
        if (auto entity = TRY(place.catalog.get(name))) found.push_back(*std::move(entity));
    show_list(found, a.form());
    return 0;
}

Result<int> remove(const Arguments& a) {
    auto place = TRY(CatalogPlace::open(a.root));
    const auto author = TRY(place.author());
    std::vector<std::string> meant;
    for (const auto& words : a.names) meant.push_back(TRY(place.meant(words)));
    return on_record(a, "delete", join(meant, ", "), [&]() -> Result<int> {
        std::vector<catalog::Applied> done;
        for (const auto& name : meant) done.push_back(TRY(author.remove(name)));
        show_applied(done, a.json);
        return 0;
    });
}

Result<int> conflicts(const Arguments& a) {
    auto place = TRY(CatalogPlace::open(a.root));
    TRY(place.learn_names(a.root));
    const auto all = TRY(place.catalog.disagreements());
    show_conflicts(place, all, TRY(place.catalog.kept_out()), a.json);
    return 0;
}

Result<int> resolve(const Arguments& a) {
    auto place = TRY(CatalogPlace::open(a.root));
    const auto author = TRY(place.author());
    const auto name = TRY(place.meant(a.name));
    return on_record(a, "resolve", name + " " + a.path + " " + std::to_string(a.choice), [&]() -> Result<int> {
        show_applied({TRY(author.resolve(name, a.path, a.choice))}, a.json);
        return 0;
    });
}

Result<int> history(const Arguments& a) {
    auto place = TRY(CatalogPlace::open(a.root));
    TRY(place.learn_names(a.root));
    const auto name = TRY(place.meant(a.name));
    const auto events = TRY(catalog::history(place.feeds, name));
    if (events.empty() && TRY(place.catalog.get(name)))
        return fail(Code::NotFound, "all that was said of " + name +
                                        " came here in a snapshot; the authority has its history: holdfast catalog "
                                        "--root /var/lib/holdfast/hub history " +
                                        name);
    if (events.empty()) return fail(Code::NotFound, "nobody has ever said anything of " + name);
    show_history(place, events, a.json);
    return 0;
}

std::string named(const inventory::News& news) {
    std::vector<std::string> names = news.gone;
    for (const auto& each : news.changed) names.push_back(each.at("metadata").at("name").get<std::string>());
    return join(names, ", ");
}

// What has not changed is not said again, and no deed.
Result<int> observe(const Arguments& a) {
    const auto box = TRY(enroll::Kept(a.root).this_box());
    auto place = TRY(CatalogPlace::open(a.root));
    const auto author = TRY(place.author());
    const auto news = TRY(inventory::news(place.catalog, seen_here(a.root, box.id.box, box.id.site)));
    if (news.empty()) {
        std::puts(a.json ? "[]" : "nothing has changed");
        return 0;
    }
    return on_record(a, "observe", named(news), [&]() -> Result<int> {
        show_applied(TRY(inventory::write(author, news)), a.json);
        return 0;
    });
}

Result<int> serve(const Arguments& a) {
    auto place = TRY(CatalogPlace::open(a.root));
    const auto ready = [&](int port) {
        if (port >= 0) std::printf("http://%s:%d/api/catalog\n", a.listening.address.c_str(), port);
        if (!a.listening.socket.empty()) std::printf("%s\n", a.listening.socket.c_str());
        std::fflush(stdout);
    };
    TRY(portal::serve(place.catalog, place.feeds, a.listening, ready));
    return 0;
}

using Verb = Result<int> (*)(const Arguments&);

void add_reading(CLI::App& app, Arguments& a, Verb& chosen) {
    auto* getting = add_verb<Verb>(app, "get", "Tell entities whole, with their relations", get, chosen);
    getting->add_option("NAME", a.names, "[KIND:][NAMESPACE/]NAME")->required();
    auto* listing = add_verb<Verb>(app, "list", "Tell which entities there are", list, chosen);
    auto* searching = add_verb<Verb>(app, "search", "Find entities by words, or by how words begin", list, chosen);
    searching->add_option("WORD", a.words)->required();
    for (auto* each : {listing, searching}) {
        each->add_option(each == listing ? "FILTER,--filter" : "--filter", a.filters,
                         "All of these; several filters: one of them")
            ->type_name("KEY=VALUE,…")
            ->check(parsed_by(catalog::parse_filter));
        each->add_option("--order", a.order, "By that key; with a - in front the other way round")->type_name("KEY");
        each->add_option("--limit", a.limit, "That many at most")->type_name("NUMBER");
        each->add_option("--offset", a.offset, "Without the first of them")->type_name("NUMBER");
    }
    for (auto* each : {getting, listing, searching}) each->add_flag("--yaml", a.yaml, "As catalog-info.yaml");
    auto* past = add_verb<Verb>(app, "history", "What was said of an entity, by whom and when", history, chosen);
    past->add_option("NAME", a.name, "[KIND:][NAMESPACE/]NAME")->required();
}

void add_serving(CLI::App& app, Arguments& a, Verb& chosen) {
    auto* serving = add_verb<Verb>(
        app, "serve", "Answer Backstage's catalog REST API, for reading, to programs on this box", serve, chosen);
    serving->add_option("--listen", a.listening.address, "An address of this computer")->capture_default_str();
    serving->add_option("--port", a.listening.port, "0: one that is free; -1: none")
        ->capture_default_str()
        ->check(CLI::Range(-1, 65535));
    serving->add_option("--socket", a.listening.socket, "A socket in the file system")->type_name("FILE");
}

void add_writing(CLI::App& app, Arguments& a, Verb& chosen) {
    auto* applying = add_verb<Verb>(app, "apply", "Write entities from files; all of them, or none where one is wrong",
                                    apply, chosen);
    auto* checking =
        add_verb<Verb>(app, "check", "Look whether files hold whole entities, and write nothing", check, chosen);
    for (auto* each : {applying, checking})
        each->add_option("FILE", a.files, "A file, or a folder with catalog-info.yaml files")->required();
    add_verb<Verb>(app, "observe", "Write what this box is, has and runs, where that has changed", observe, chosen);
    auto* deleting = add_verb<Verb>(app, "delete", "Remove entities", remove, chosen);
    deleting->add_option("NAME", a.names, "[KIND:][NAMESPACE/]NAME")->required();
    add_verb<Verb>(app, "conflicts", "What two nodes have said differently, and what was kept out", conflicts, chosen);
    auto* deciding = add_verb<Verb>(app, "resolve", "Decide what counts where nodes disagree", resolve, chosen);
    deciding->add_option("NAME", a.name, "The entity")->required();
    deciding->add_option("PATH", a.path, "The field, as 'conflicts' tells it")->required();
    deciding->add_option("NUMBER", a.choice, "Which of what was said, as 'conflicts' counts it")->required();
}

Examples examples() {
    return {
        .program = "holdfast catalog",
        .all = {"apply catalog-info.yaml", "apply ./services", "check ./services", "get component:pump",
                "get pump --json", "list kind=component,spec.type=service",
                "list --filter relations.ownedBy=group:north/team-a", "list --order -metadata.name --limit 20",
                "search water pump", "delete component:pump", "conflicts", "observe",
                "resolve component:north/pump /metadata/description 2", "history component:pump", "serve --port 7007"},
        .exit_codes =
            "0 done, 64 wrong words, 65 no entity, 66 not there, 74 no space, 75 somebody else writes, 77 refused."};
}

}  // namespace

int main(int argc, char** argv) {
    Arguments a;
    Verb chosen = nullptr;
    CLI::App app{"The catalog on this box (Backstage's model): what there is, who owns it and what it needs.",
                 "holdfast catalog"};
    app.set_version_flag("--version", "holdfast-catalog " HOLDFAST_VERSION);
    app.require_subcommand(1);
    app.add_flag("--json", a.json, "JSON on one line");
    app.add_option("--root", a.root, "Another root folder")->type_name("DIR")->capture_default_str();
    add_why(app, a.why);
    add_reading(app, a, chosen);
    add_writing(app, a, chosen);
    add_serving(app, a, chosen);
    tell_examples(app, examples());
    return run_words(app, argc, argv, [&] { return chosen(a); });
}
